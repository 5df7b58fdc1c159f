import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { digestObject, digestRange, partsDigest } from "./digests.ts";
import { StorageError } from "./errors.ts";

// SHA-256 of "abc" (FIPS 180-2, appendix B.1), and of that digest.
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const OF_ABC = "4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const ignore = () => undefined;

/** Stores "abc". The object's body is `body` when it is read. */
async function storeWithBody(body: ReadableStream<Uint8Array>): Promise<string> {
  const key = crypto.randomUUID();
  await env.BUCKET.put(key, "abc");
  const object = await env.BUCKET.get(key);
  if (object === null) throw new Error("R2 has lost the object.");
  await object.body.cancel();
  const read = new Proxy(object, {
    get: (target, name): unknown => (name === "body" ? body : Reflect.get(target, name)),
  });
  vi.spyOn(env.BUCKET, "get").mockResolvedValue(read);
  return key;
}

test("the digest of parts is that of their digests' bytes", async () => {
  expect(await partsDigest([ABC])).toBe(OF_ABC);
});

test("digestObject() returns the digest and the etag of an object, or null", async () => {
  const key = crypto.randomUUID();
  expect(await digestObject(env.BUCKET, key, ignore)).toBeNull();
  const stored: R2Object | null = await env.BUCKET.put(key, "abc");
  const expected = { etag: stored?.etag, sha256: ABC };
  expect(await digestObject(env.BUCKET, key, ignore)).toEqual(expected);
});

test("an object that ends early is a read error, and not its digest", async () => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("ab"));
      controller.close();
    },
  });
  const key = await storeWithBody(body);
  await expect(digestObject(env.BUCKET, key, ignore)).rejects.toBeInstanceOf(StorageError);
});

test("a range that ends early is a read error, and not its digest", async () => {
  const key = crypto.randomUUID();
  await env.BUCKET.put(key, "abc");
  const object = await env.BUCKET.get(key, { range: { offset: 0, length: 2 } });
  if (object === null) throw new Error("R2 has lost the object.");
  const { etag } = object;
  vi.spyOn(env.BUCKET, "get").mockResolvedValue(object);
  const reading = digestRange(env.BUCKET, { key, etag }, { offset: 0, length: 3 });
  await expect(reading).rejects.toThrow("The object ended early.");
});

test("progress is reported, and an object whose bytes stop is a read error", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const { readable, writable } = new IdentityTransformStream();
  const key = await storeWithBody(readable);
  const progress: number[] = [];
  const reading = digestObject(env.BUCKET, key, (read) => progress.push(read));
  const failure = reading.catch((error: unknown) => error);
  const writer = writable.getWriter();
  await writer.write(new Uint8Array(2));
  vi.advanceTimersByTime(15_000);
  expect(progress).toEqual([2 / 3]);
  vi.advanceTimersByTime(15_000);
  expect(await failure).toBeInstanceOf(StorageError);
  expect(progress).toHaveLength(1);
});
