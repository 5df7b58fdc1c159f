import { createHash, createHmac, type Hash, timingSafeEqual } from "node:crypto";
import { stage } from "../stage.ts";

/** A key as `importKey` gives it here: only HMAC's raw ones are needed. */
class RawKey {
  readonly secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.secret = secret;
  }
}

/**
 * Replaces `crypto` and `Math.random`: their chance comes from the seed, and promises are resolved at once, where the
 * real ones come back from a thread when they like.
 */
export function installCrypto(): void {
  const value = { randomUUID, getRandomValues, subtle, DigestStream };
  Object.defineProperty(globalThis, "crypto", { value, configurable: true });
  Math.random = () => stage().random.fraction();
}

function getRandomValues<View extends ArrayBufferView>(view: View): View {
  stage().random.fillBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return view;
}

function randomUUID(): string {
  const digits = getRandomValues(Buffer.alloc(16)).toString("hex");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/u, "$1-$2-4$3-8$4-$5");
}

const subtle = {
  digest: (algorithm: string, bytes: Uint8Array | ArrayBuffer) =>
    Promise.resolve(arrayBuffer(hash(algorithm).update(new Uint8Array(bytes)).digest())),

  importKey: (_format: "raw", secret: Uint8Array) => Promise.resolve(new RawKey(secret)),

  sign: (_algorithm: unknown, { secret }: RawKey, bytes: Uint8Array) =>
    Promise.resolve(arrayBuffer(hmac(secret, bytes))),

  verify: (_algorithm: unknown, { secret }: RawKey, signature: Uint8Array, bytes: Uint8Array) => {
    const expected = hmac(secret, bytes);
    const isSame = signature.length === expected.length && timingSafeEqual(signature, expected);
    return Promise.resolve(isSame);
  },
};

/** workerd's: a sink that hashes what is written to it. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>;

  constructor(algorithm: string) {
    const hashing = hash(algorithm);
    const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>();
    // Whoever aborts it need not ask for the digest.
    promise.catch(() => undefined);
    super({
      write: (chunk) => void hashing.update(chunk),
      close: () => resolve(arrayBuffer(hashing.digest())),
      abort: (reason) => reject(reason),
    });
    this.digest = promise;
  }
}

function hmac(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(bytes).digest();
}

/** WebCrypto's "SHA-256" is Node's "sha256". */
function hash(algorithm: string): Hash {
  return createHash(algorithm.replace("-", "").toLowerCase());
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
