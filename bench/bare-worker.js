/** The least that a Worker can do with a file: what Tallyman is measured against. */
export default {
  /**
   * `PUT /KEY` stores a file; `POST /KEY` opens a multipart upload of one, and `PUT /KEY?upload=ID&part=N`
   * stores a part of it.
   *
   * @param {Request} request
   * @param {{ BUCKET: Bucket }} env
   *
   * @typedef {{ uploadPart(part: number, body: ReadableStream | null): Promise<unknown> }} Multipart
   * @typedef {{
   *   put(key: string, body: ReadableStream | null): Promise<unknown>,
   *   createMultipartUpload(key: string): Promise<{ uploadId: string }>,
   *   resumeMultipartUpload(key: string, upload: string): Multipart,
   * }} Bucket
   */
  async fetch(request, { BUCKET }) {
    const { pathname, searchParams } = new URL(request.url);
    const key = pathname.slice(1);
    const upload = searchParams.get("upload");
    if (request.method === "POST") {
      return new Response((await BUCKET.createMultipartUpload(key)).uploadId);
    }
    if (upload === null) await BUCKET.put(key, request.body);
    else {
      const part = Number(searchParams.get("part"));
      await BUCKET.resumeMultipartUpload(key, upload).uploadPart(part, request.body);
    }
    return new Response(null, { status: 204 });
  },
};
