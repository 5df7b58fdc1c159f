/** What the other pages upload to: the least that a Worker can do with a file. Their pages are its assets. */
export default {
  /**
   * @param {Request} request
   * @param {{ BUCKET: { put(key: string, value: ReadableStream | null): Promise<unknown> } }} env
   */
  async fetch(request, env) {
    await env.BUCKET.put(crypto.randomUUID(), request.body);
    // Uppy reads its answer as JSON, FilePond takes it for the file's id.
    return Response.json({});
  },
};
