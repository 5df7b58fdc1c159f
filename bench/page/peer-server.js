/** The Worker that the peers' pages upload to: it only stores each file. The pages are its assets. */
export default {
  /**
   * @param {Request} request
   * @param {{ BUCKET: { put(key: string, value: ReadableStream | null): Promise<unknown> } }} env
   */
  async fetch(request, env) {
    await env.BUCKET.put(crypto.randomUUID(), request.body);
    // Uppy parses the response as JSON, FilePond uses it as the file's id.
    return Response.json({});
  },
};
