/** A Worker that hashes bytes as the check of a declared digest does. */
export default {
  /**
   * `PUT /SIZE` stores an object of that many bytes, and `GET /SIZE` reads it back through a
   * `DigestStream`. `POST /SIZE` hashes as many bytes from memory.
   *
   * @param {Request} request
   * @param {{ BUCKET: Bucket }} env
   *
   * @typedef {{
   *   put(key: string, body: ReadableStream | null): Promise<unknown>,
   *   get(key: string): Promise<{ body: ReadableStream } | null>,
   * }} Bucket
   */
  async fetch(request, { BUCKET }) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") await BUCKET.put(key, request.body);
    else if (request.method === "GET") await (await BUCKET.get(key))?.body.pipeTo(newHash());
    else await hashFromMemory(Number(key));
    return new Response(null, { status: 204 });
  },
};

const CHUNK = new Uint8Array(1024 * 1024);

/** @param {number} size in MiB */
async function hashFromMemory(size) {
  const writer = newHash().getWriter();
  for (let written = 0; written < size; written += CHUNK.length) await writer.write(CHUNK);
  await writer.close();
}

/**
 * A type of workerd, which Node's types lack.
 *
 * @returns {WritableStream}
 */
function newHash() {
  /** @type {unknown} */
  const DigestStream = Reflect.get(crypto, "DigestStream");
  if (typeof DigestStream !== "function") throw new TypeError("This is not workerd.");
  /** @type {unknown} */
  const stream = Reflect.construct(DigestStream, ["SHA-256"]);
  if (stream instanceof WritableStream) return stream;
  throw new TypeError("A DigestStream is no WritableStream.");
}
