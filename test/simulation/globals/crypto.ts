import { createHash, createHmac, type Hash, timingSafeEqual } from "node:crypto";
import { stage } from "../stage.ts";

/** Signatures that a key caches. */
const MOST_SIGNED = 1000;

/** An HMAC key. It caches signatures, as the same tokens are verified with every request. */
class RawKey {
  readonly type = "secret";
  readonly algorithm = { name: "HMAC", hash: { name: "SHA-256" } };
  readonly usages = ["sign", "verify"];
  readonly #secret: Uint8Array;
  readonly #signed = new Map<string, Buffer>();

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  sign(bytes: Uint8Array): Buffer {
    const text = Buffer.from(bytes).toString("latin1");
    const known = this.#signed.get(text);
    if (known) return known;
    const signature = createHmac("sha256", this.#secret).update(bytes).digest();
    if (this.#signed.size >= MOST_SIGNED) this.#signed.clear();
    this.#signed.set(text, signature);
    return signature;
  }
}

const keys = new Map<string, RawKey>();

function keyOf(secret: Uint8Array): RawKey {
  const name = Buffer.from(secret).toString("latin1");
  const key = keys.get(name) ?? new RawKey(secret);
  keys.set(name, key);
  return key;
}

/**
 * Replaces `crypto` and `Math.random`. Random numbers come from the seed, and promises resolve at
 * once: the real ones resolve from another thread, after a random time.
 */
export function installCrypto(): void {
  const value = { randomUUID, getRandomValues, subtle, DigestStream };
  Object.defineProperty(globalThis, "crypto", { value, configurable: true });
  // jose checks `instanceof CryptoKey`.
  Object.defineProperty(globalThis, "CryptoKey", { value: RawKey, configurable: true });
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

  importKey: (_format: "raw", secret: Uint8Array) => Promise.resolve(keyOf(secret)),

  deriveKey: ({ info }: { info: Uint8Array }, source: RawKey) => {
    return Promise.resolve(keyOf(source.sign(info)));
  },

  sign: (_algorithm: unknown, key: RawKey, bytes: Uint8Array) =>
    Promise.resolve(arrayBuffer(key.sign(bytes))),

  verify: (_algorithm: unknown, key: RawKey, signature: Uint8Array, bytes: Uint8Array) => {
    const expected = key.sign(bytes);
    const isSame = signature.length === expected.length && timingSafeEqual(signature, expected);
    return Promise.resolve(isSame);
  },
};

/** The DigestStream of workerd: hashes what is written to it. */
class DigestStream extends WritableStream<Uint8Array> {
  readonly digest: Promise<ArrayBuffer>;
  bytesWritten = 0;

  constructor(algorithm: string) {
    const hashing = hash(algorithm);
    const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>();
    // An aborted stream whose digest is not used must not be an unhandled rejection.
    promise.catch(() => undefined);
    super({
      write: (chunk) => {
        hashing.update(chunk);
        this.bytesWritten += chunk.length;
      },
      close: () => resolve(arrayBuffer(hashing.digest())),
      abort: (reason) => reject(reason),
    });
    this.digest = promise;
  }
}

/** Creates a hash by its WebCrypto name: "SHA-256" is "sha256" in Node. */
function hash(algorithm: string): Hash {
  return createHash(algorithm.replace("-", "").toLowerCase());
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
