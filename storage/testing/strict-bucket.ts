import { storageNow } from "./clock.ts";
import { KeyWrites } from "./key-writes.ts";
import { UNCERTAIN_FAILURES } from "./platform.ts";
import { r2Error } from "./r2-errors.ts";

/** Time that each `complete` takes, in ms, so that other requests come in between. */
const COMPLETE_MS = 300;

interface StrictOptions {
  /** One write of this many throws although it has succeeded. Default: none. */
  uncertainInterval?: number;
}

/**
 * Property of a strict bucket with its methods from before. Vitest evaluates modules once for each test
 * file, and the bucket stays the same.
 */
const PLAIN = Symbol.for("tallyman.plain");

type Plain = Pick<R2Bucket, "put">;

/**
 * Gives a bucket of the local simulation the documented rules that clients must not notice: one write
 * per second to a key, slow completions, and writes that throw although they have succeeded. Tests
 * replace the bucket's methods on top of that.
 */
export function makeStrict(bucket: R2Bucket, options: StrictOptions = {}): void {
  if (PLAIN in bucket) return;
  const writes = new StrictWrites(options);
  const put = bucket.put.bind(bucket);
  const create = bucket.createMultipartUpload.bind(bucket);
  const resume = bucket.resumeMultipartUpload.bind(bucket);
  Object.assign(bucket, {
    [PLAIN]: { put },
    put: (...[key, ...rest]: Parameters<typeof put>) =>
      writes.run("put", key, () => put(key, ...rest)),
    createMultipartUpload: async (...args: Parameters<typeof create>) =>
      strictUpload(writes, await create(...args)),
    resumeMultipartUpload: (...args: Parameters<typeof resume>) =>
      strictUpload(writes, resume(...args)),
  });
}

/** Returns a bucket without these rules, for objects that a test prepares. */
export function plainBucket(bucket: R2Bucket): Plain {
  const known: unknown = Reflect.get(bucket, PLAIN);
  return isPlain(known) ? known : bucket;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && "put" in value;
}

function strictUpload(writes: StrictWrites, upload: R2MultipartUpload): R2MultipartUpload {
  return {
    key: upload.key,
    uploadId: upload.uploadId,
    uploadPart: (...args) => upload.uploadPart(...args),
    complete: (parts) =>
      writes.run("complete", upload.key, async () => {
        await scheduler.wait(COMPLETE_MS);
        return upload.complete(parts);
      }),
    abort: () => upload.abort(),
  };
}

class StrictWrites {
  readonly #limit = new KeyWrites(storageNow);
  readonly #uncertainInterval: number;
  #count = 0;

  constructor({ uncertainInterval = Infinity }: StrictOptions) {
    this.#uncertainInterval = uncertainInterval;
  }

  async run<T>(call: string, key: string, effect: () => Promise<T>): Promise<T> {
    const value = await this.#limit.run(call, key, effect);
    this.#throwSometimes(call);
    return value;
  }

  #throwSometimes(call: string): void {
    this.#count++;
    if (this.#count % this.#uncertainInterval !== 0) return;
    const turn = this.#count / this.#uncertainInterval;
    const failure = UNCERTAIN_FAILURES[turn % UNCERTAIN_FAILURES.length];
    if (failure) throw r2Error(call, failure);
  }
}
