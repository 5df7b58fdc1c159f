/** The least that a Worker can do with a file: what Tallyman is measured against. */
export default {
  /**
   * @param {Request} request
   * @param {{ BUCKET: { put(key: string, value: ReadableStream | null): Promise<unknown> } }} env
   */
  async fetch(request, env) {
    await env.BUCKET.put(new URL(request.url).pathname.slice(1), request.body);
    return new Response(null, { status: 204 });
  },
};
