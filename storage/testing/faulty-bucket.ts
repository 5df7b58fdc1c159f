import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { r2Error } from "./r2-errors.ts";

/** Every call to R2 that uploads make. */
export const R2_CALLS = [
  "put",
  "head",
  "delete",
  "createMultipartUpload",
  "uploadPart",
  "complete",
  "abort",
] as const;

/** How a call fails: with R2's 429 or 5xx, before anything has happened; or after it has. */
export const WAYS_TO_FAIL = ["busy", "broken", "done, then broken"] as const;

/** One call that fails. */
export interface Fault {
  call: (typeof R2_CALLS)[number];
  way: (typeof WAYS_TO_FAIL)[number];
}

/** R2 on a bad day: its calls fail as planned, each with the next of its faults. */
export class FaultyBucket {
  /** The multipart uploads of which R2 has told. */
  readonly uploads: R2MultipartUpload[] = [];
  readonly #faults: Fault[];
  readonly #resume = env.BUCKET.resumeMultipartUpload.bind(env.BUCKET);

  /** Stands in the bucket's place until all mocks are restored. */
  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
    const { BUCKET } = env;
    const put = BUCKET.put.bind(BUCKET);
    const head = BUCKET.head.bind(BUCKET);
    const remove = BUCKET.delete.bind(BUCKET);
    vi.spyOn(BUCKET, "put").mockImplementation((...args) => this.#do("put", () => put(...args)));
    vi.spyOn(BUCKET, "head").mockImplementation((key) => this.#do("head", () => head(key)));
    vi.spyOn(BUCKET, "delete").mockImplementation((keys) => this.#do("delete", () => remove(keys)));
    this.#spoilMultipart(BUCKET);
  }

  /** The faults that no call has met. */
  get left(): readonly Fault[] {
    return this.#faults;
  }

  /** Is R2 still waiting for parts of an upload, of which it has told? */
  async hasOpenUpload(): Promise<boolean> {
    const probes = this.uploads.map(({ key, uploadId }) =>
      this.#resume(key, uploadId).uploadPart(1, "anybody there?"),
    );
    return (await Promise.allSettled(probes)).some(({ status }) => status === "fulfilled");
  }

  #spoilMultipart(bucket: R2Bucket): void {
    const create = bucket.createMultipartUpload.bind(bucket);
    vi.spyOn(bucket, "createMultipartUpload").mockImplementation(async (...args) => {
      const upload = await this.#do("createMultipartUpload", () => create(...args));
      this.uploads.push(upload);
      return this.#spoilUpload(upload);
    });
    vi.spyOn(bucket, "resumeMultipartUpload").mockImplementation((key, id) =>
      this.#spoilUpload(this.#resume(key, id)),
    );
  }

  #spoilUpload(upload: R2MultipartUpload): R2MultipartUpload {
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
    if (fault?.way === "busy") throw r2Error(call, "rateLimited");
    if (fault?.way === "broken") throw r2Error(call, "internal");
    const value = await effect();
    if (fault) throw r2Error(call, "internal");
    return value;
  }
}
