import { SLOWEST_COMPLETION_MS, UNCERTAIN_FAILURES } from "../../../storage/testing/platform.ts";
import { r2Error } from "../../../storage/testing/r2-errors.ts";
import type { Core } from "../core.ts";
import { Host } from "../time/host.ts";
import type { Gate } from "./object-instance.ts";
import type { Bucket, Metadata, PutOptions, StoredObject } from "./r2.ts";

type Body = Uint8Array | ReadableStream<Uint8Array>;

interface GetOptions {
  range?: { offset: number; length: number };
  onlyIf?: { etagMatches: string };
}

/** The bucket binding of a Worker or a Durable Object. Calls take time and may fail. */
export class BucketBinding {
  readonly #core: Core;
  readonly #bucket: Bucket;
  readonly #caller: Host;
  readonly #gate: Gate;
  readonly #network = new Host("r2");

  /** @param gate holds calls back until the caller's writes are durable */
  constructor(core: Core, bucket: Bucket, caller: Host, gate: Gate) {
    this.#core = core;
    this.#bucket = bucket;
    this.#caller = caller;
    this.#gate = gate;
  }

  async put(key: string, body: Body, options: PutOptions = {}) {
    const bytes = await this.#read("put", body);
    const object = await this.#write("put", [key], () => this.#bucket.put(key, bytes, options));
    return object && describe(object);
  }

  async head(key: string) {
    const object = await this.#call("head", () => this.#bucket.head(key));
    return object && describe(object);
  }

  /** Without a body if the object is another one than `onlyIf` names. */
  async get(key: string, { range, onlyIf }: GetOptions = {}) {
    const object = await this.#call("get", () => this.#bucket.head(key));
    if (!object || (onlyIf && onlyIf.etagMatches !== object.etag))
      return object && describe(object);
    const { offset = 0, length = object.bytes.length } = range ?? {};
    const bytes = new Uint8Array(object.bytes.subarray(offset, offset + length));
    const { body } = new Response(bytes);
    return { ...describe(object), body, bytes: () => Promise.resolve(bytes) };
  }

  async list({ prefix = "" }: { prefix?: string } = {}) {
    const objects = await this.#call("list", () => this.#bucket.list(prefix));
    return { objects: objects.map(describe), truncated: false, delimitedPrefixes: [] };
  }

  async delete(keys: string | string[]): Promise<void> {
    const all = [keys].flat();
    const limited = this.#bucket.areAllWritesLimited ? all : [];
    await this.#write("delete", limited, () => this.#bucket.delete(all));
  }

  async createMultipartUpload(key: string, metadata: Metadata = {}) {
    const create = () => this.#bucket.create(key, metadata);
    const limited = this.#bucket.areAllWritesLimited ? [key] : [];
    const id = await this.#write("createMultipartUpload", limited, create);
    return this.resumeMultipartUpload(key, id);
  }

  resumeMultipartUpload(key: string, uploadId: string) {
    const bucket = this.#bucket;
    return {
      key,
      uploadId,
      uploadPart: async (part: number, body: Body) => {
        const bytes = await this.#read("uploadPart", body);
        return this.#call("uploadPart", () => bucket.uploadPart(key, uploadId, part, bytes));
      },
      complete: async (parts: { partNumber: number; etag: string }[]) =>
        describe(await this.#write("complete", [key], () => bucket.complete(key, uploadId, parts))),
      abort: () => this.#call("abort", () => bucket.abort(key, uploadId)),
    };
  }

  /** Reads the bytes to send. R2 may refuse a stream before it is read. */
  async #read(call: string, body: Body): Promise<Uint8Array> {
    if (body instanceof Uint8Array) return body.slice();
    if (this.#core.faults.occurs("storageRefuses")) {
      const error = r2Error(call, "rateLimited");
      await body.cancel(error);
      throw error;
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  #call<T>(call: string, effect: () => T): Promise<T> {
    return this.#write(call, [], effect);
  }

  /**
   * Calls R2, which accepts the call or refuses it when it arrives, and takes some time for its effect.
   *
   * @param limited keys that the call writes to, for R2's limit
   */
  #write<T>(call: string, limited: readonly string[], effect: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const { scheduler } = this.#core;
    const respond = (settle: () => void) => {
      scheduler.after(this.#latency(), this.#caller, `gets the result of R2's ${call}`, settle);
    };
    const attempt = (run: () => void) => {
      try {
        run();
      } catch (error) {
        respond(() => reject(error));
      }
    };
    const finish = () => {
      for (const key of limited) this.#bucket.writes.end(key);
      const value = this.#apply(call, effect);
      respond(() => resolve(value));
    };
    const accept = () => {
      this.#accept(call, limited);
      scheduler.after(this.#duration(call), this.#network, `does ${call}`, () => attempt(finish));
    };
    const arrive = () => attempt(accept);
    this.#gate(() => void scheduler.after(this.#latency(), this.#network, call, arrive));
    return promise;
  }

  /** @throws Error of R2 if it refuses the call */
  #accept(call: string, limited: readonly string[]): void {
    const { faults, random } = this.#core;
    if (faults.isStorageDown || faults.occurs("storageRefuses")) {
      throw r2Error(call, random.chance(0.5) ? "rateLimited" : "internal");
    }
    this.#bucket.writes.begin(call, ...limited);
  }

  /** @throws Error of R2 if the call fails, or if it throws after its effect */
  #apply<T>(call: string, effect: () => T): T {
    const { faults, random } = this.#core;
    const value = effect();
    if (faults.occurs("storageThrows")) throw r2Error(call, random.pick(UNCERTAIN_FAILURES));
    return value;
  }

  /** Time between a call's arrival and its effect, in ms. */
  #duration(call: string): number {
    const { faults, random } = this.#core;
    const isSlow = call === "complete" && faults.occurs("slowCompletion");
    return random.skewed(1, isSlow ? SLOWEST_COMPLETION_MS : 100);
  }

  /** One-way latency in ms. */
  #latency(): number {
    const { faults, random } = this.#core;
    return random.skewed(2, faults.occurs("slowStorage") ? 90_000 : 100);
  }
}

function describe({ key, bytes, etag, metadata }: StoredObject) {
  return { key, size: bytes.length, etag, httpEtag: `"${etag}"`, ...metadata };
}
