/** A Worker that does nothing with a file but store it: the baseline of the benches. */
export default {
  /**
   * `PUT /KEY` stores a file. `POST /KEY` creates a multipart upload, and
   * `PUT /KEY?upload=ID&part=N` stores one of its parts.
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
