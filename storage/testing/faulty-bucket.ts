import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { r2Error } from "./r2-errors.ts";
import { skipWaits } from "./skip-waits.ts";

/** The calls to R2 that uploads make. */
export const R2_CALLS = [
  "put",
  "head",
  "delete",
  "createMultipartUpload",
  "uploadPart",
  "complete",
  "abort",
] as const;

/** Ways to fail: with R2's 429 or 5xx before the call has an effect, or with a 5xx after it. */
export const FAULT_KINDS = [
  "rate limited",
  "internal error",
  "internal error after the effect",
] as const;

/** The failure of one call. */
export interface Fault {
  call: (typeof R2_CALLS)[number];
  kind: (typeof FAULT_KINDS)[number];
}

/**
 * Makes calls to R2 fail: the next call of each kind fails with the next fault of that kind. Repeated
 * calls don't wait.
 */
export class FaultyBucket {
  /** The multipart uploads whose creation succeeded. */
  readonly uploads: R2MultipartUpload[] = [];
  readonly #faults: Fault[];
  readonly #resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);

  /** Replaces the bucket's methods until all mocks are restored. */
  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
    skipWaits();
    const { BUCKET } = env;
    const put = BUCKET.put.bind(BUCKET);
    const head = BUCKET.head.bind(BUCKET);
    const remove = BUCKET.delete.bind(BUCKET);
    vi.spyOn(BUCKET, "put").mockImplementation((...args) => this.#do("put", () => put(...args)));
    vi.spyOn(BUCKET, "head").mockImplementation((key) => this.#do("head", () => head(key)));
    vi.spyOn(BUCKET, "delete").mockImplementation((keys) => this.#do("delete", () => remove(keys)));
    this.#wrapMultipart(BUCKET);
  }

  /** The faults that have not occurred. */
  get remaining(): readonly Fault[] {
    return this.#faults;
  }

  /** True if R2 still accepts parts of one of the uploads. */
  async hasOpenUpload(): Promise<boolean> {
    const probes = this.uploads.map(({ key, uploadId }) =>
      this.#resume(key, uploadId).uploadPart(1, "probe"),
    );
    return (await Promise.allSettled(probes)).some(({ status }) => status === "fulfilled");
  }

  #wrapMultipart(bucket: R2Bucket): void {
    const create = bucket.createMultipartUpload.bind(bucket);
    vi.spyOn(bucket, "createMultipartUpload").mockImplementation(async (...args) => {
      const upload = await this.#do("createMultipartUpload", () => create(...args));
      this.uploads.push(upload);
      return this.#wrapUpload(upload);
    });
    vi.spyOn(bucket, "resumeMultipartUpload").mockImplementation((key, id) =>
      this.#wrapUpload(this.#resume(key, id)),
    );
  }

  #wrapUpload(upload: R2MultipartUpload): R2MultipartUpload {
    return {
      key: upload.key,
      uploadId: upload.uploadId,
      uploadPart: (...args) => this.#do("uploadPart", () => upload.uploadPart(...args)),
      complete: (parts) => this.#do("complete", () => upload.complete(parts)),
      abort: () => this.#do("abort", () => upload.abort()),
    };
  }

  async #do<T>(call: Fault["call"], effect: () => Promise<T>): Promise<T> {
    const index = this.#faults.findIndex((fault) => fault.call === call);
    const [fault] = index === -1 ? [] : this.#faults.splice(index, 1);
    if (fault?.kind === "rate limited") throw r2Error(call, "rateLimited");
    if (fault?.kind === "internal error") throw r2Error(call, "internal");
    const value = await effect();
    if (fault) throw r2Error(call, "internal");
    return value;
  }
}
