import { LIMITS } from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import {
  abortMultipart,
  completeMultipart,
  createMultipart,
  type UploadedPart,
  uploadPart,
} from "../../storage/multipart.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import { putObject } from "../../storage/objects.ts";
import { GrowableBuffer } from "../streams/buffer.ts";
import { hex } from "./digest.ts";
import { HEAD_BYTES } from "./inspect.ts";
import { acceptedType } from "./media-type.ts";

type NamedFile = Pick<Admission, "id" | "name" | "type" | "types" | "folder">;

/**
 * A file whose length is not known until it ends. R2 wants to know it, so one part's worth is
 * gathered: what fits in it is put whole, anything longer goes up as a multipart upload.
 */
export class UnknownLengthFile {
  readonly #bucket: R2Bucket;
  readonly #file: NamedFile;
  readonly #hash = new crypto.DigestStream("SHA-256");
  readonly #hashing = this.#hash.getWriter();
  readonly #gathered = new GrowableBuffer();
  readonly #parts: UploadedPart[] = [];
  #multipart: MultipartUpload | null = null;
  #head = new Uint8Array();
  #type = "";
  #length = 0;
  /** The first error; null while there is none. */
  #failure: { error: unknown } | null = null;

  constructor(bucket: R2Bucket, file: NamedFile) {
    this.#bucket = bucket;
    this.#file = file;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What fails is told by `close()`: the rest is read for the sake of the files behind it. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    this.#failure ??= await this.#take(bytes).then(
      () => null,
      (error: unknown) => ({ error }),
    );
  }

  /** Stores nothing more of it, and nothing at all: `close()` will throw this. */
  refuse(problem: ProblemError): void {
    this.#failure ??= { error: problem };
  }

  /**
   * @returns what was found out of the file, and R2's etag; null where an object is there already
   * @throws ProblemError `type_refused`, `storage_failed`, or why it was refused
   */
  async close() {
    try {
      if (this.#failure) throw this.#failure.error;
      await this.#hashing.close();
      const sha256 = hex(await this.#hash.digest);
      const etag = this.#multipart
        ? await this.#complete(this.#multipart)
        : await this.#putWhole(sha256);
      return { etag, sha256, head: this.#head, type: this.#type };
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  /** Leaves nothing of it in the bucket. */
  async abort(): Promise<void> {
    if (!this.#multipart) return;
    await abortMultipart(this.#bucket, this.#multipart).catch(() => undefined);
  }

  async #take(bytes: Uint8Array): Promise<void> {
    await this.#hashing.write(bytes);
    const fits = LIMITS.partBytes - this.#gathered.length;
    this.#gathered.add(bytes.subarray(0, fits));
    if (bytes.length <= fits) return;
    await this.#sendPart();
    this.#gathered.add(bytes.subarray(fits));
  }

  async #putWhole(sha256: string): Promise<string | null> {
    const bytes = await this.#takeGathered();
    const file = { file: this.#file, type: this.#type, sha256 };
    return retryOnce(() => putObject(this.#bucket, file, bytes, { isVerified: true }));
  }

  async #sendPart(): Promise<void> {
    const bytes = await this.#takeGathered();
    const file = { file: this.#file, type: this.#type };
    const multipart = (this.#multipart ??= await createMultipart(this.#bucket, file));
    const number = this.#parts.length + 1;
    this.#parts.push(await retryOnce(() => uploadPart(this.#bucket, multipart, number, bytes)));
  }

  async #complete(multipart: MultipartUpload): Promise<string> {
    await this.#sendPart();
    const file = { size: this.#length, parts: this.#parts };
    const etag = await retryOnce(() => completeMultipart(this.#bucket, multipart, file));
    if (etag !== null) return etag;
    throw new ProblemError("storage_failed", "Send the file again: its parts are lost.");
  }

  async #takeGathered(): Promise<Uint8Array> {
    const bytes = this.#gathered.take();
    if (this.#parts.length === 0) {
      this.#head = bytes.slice(0, HEAD_BYTES);
      this.#type = await acceptedType(this.#head, this.#file);
    }
    return bytes;
  }
}

/** What R2 could not do, or has done and could not say: nobody will send the file again. */
async function retryOnce<T>(call: () => Promise<T>): Promise<T> {
  return call().catch(call);
}
