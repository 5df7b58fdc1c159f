import { HEAD_BYTES, isRetryable, LIMITS, partSize } from "../../protocol/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import { crc32, partsCrc32 } from "../../storage/crc32.ts";
import { StorageError } from "../../storage/errors.ts";
import type { MultipartUpload } from "../../storage/keys.ts";
import {
  abortMultipart,
  completeMultipart,
  createMultipart,
  type UploadedPart,
  uploadPart,
} from "../../storage/multipart.ts";
import { retryTransient } from "../../storage/retry.ts";
import type { ProblemError } from "../http/problem.ts";
import { asProblem } from "../http/storage-problem.ts";
import { completeFile } from "./completion.ts";
import { type BufferAccount, GrowableBuffer, type TakenBytes } from "../streams/buffer.ts";
import { checkDigest } from "./digest.ts";
import { acceptedType, fileProperties } from "./media-type.ts";
import type { Upload } from "./upload.ts";

type NamedFile = Pick<Admission, "id" | "name" | "type" | "types" | "wrongTypes" | "folder">;

/**
 * A file whose length is unknown until it ends, as in a form. R2 needs the length in advance, so up to
 * the size of one part is buffered. A file that fits is stored whole, a larger one as a multipart
 * upload whose parts are sent while the file arrives.
 */
export class UnknownLengthFile {
  readonly #upload: Upload;
  readonly #file: NamedFile;
  readonly #digest: string | null;
  readonly #buffer: GrowableBuffer;
  /** The rest of a file that has ended. */
  #last: TakenBytes | null = null;
  #large: LargeFile | null = null;
  #length = 0;
  /** The first error; null while there is none. */
  #failure: { error: unknown } | null = null;

  /** @param options.digest hex SHA-256 that the content must have; null for any */
  constructor(
    upload: Upload,
    file: NamedFile,
    { digest, memory }: { digest: string | null; memory: BufferAccount },
  ) {
    this.#upload = upload;
    this.#file = file;
    this.#digest = digest;
    this.#buffer = new GrowableBuffer(memory, { max: LIMITS.partBytes });
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes in memory. */
  get bufferedBytes(): number {
    return this.#buffer.length + (this.#last?.bytes.length ?? 0);
  }

  /** True if the file has failed permanently. */
  get isRefused(): boolean {
    const problem = asProblem(this.#failure?.error);
    return problem !== null && !isRetryable(problem.code);
  }

  /** After an error, which `store()` reports, the rest of the file is read and discarded. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    await this.#attempt(() => this.#add(bytes));
  }

  /** Fails the file, so that it is not stored. */
  refuse(problem: ProblemError): void {
    this.#failure ??= { error: problem };
    this.#buffer.clear();
  }

  /** Checks the type of a file that has ended, which otherwise happens while it is stored. */
  async checkType(): Promise<void> {
    if (this.#large) return;
    await this.#attempt(async () => {
      await acceptedType(this.#buffer.peek(HEAD_BYTES), this.#file);
    });
  }

  /** The file has ended: what is left of it no longer waits for the client. */
  end(): void {
    this.#last ??= this.#buffer.take();
  }

  /** Stores the file and reports the outcome. */
  async store(file: Admission): Promise<void> {
    this.end();
    const { bytes = new Uint8Array(), release } = this.#last ?? {};
    try {
      await this.#store(file, bytes);
    } finally {
      release?.();
      this.#last = null;
    }
  }

  async #store(file: Admission, last: Uint8Array): Promise<void> {
    if (!this.#failure && !this.#large) {
      await this.#upload.storeBytes(file, last, this.#digest);
      return;
    }
    this.#upload.progress(file, file.size);
    try {
      if (this.#failure) throw this.#failure.error;
      await this.#large?.complete(file, last, this.#digest);
    } catch (error) {
      await this.abort();
      this.#upload.fail(file, error);
    }
  }

  /** Discards the content, and the parts in R2. */
  async abort(): Promise<void> {
    this.#buffer.clear();
    await this.#large?.abort();
  }

  /** True after `store()` if R2 has all parts, and may have completed the file. */
  get isInDoubt(): boolean {
    return this.#large?.isInDoubt === true;
  }

  /** Leaves a file in doubt to the batch, which must know the file. */
  async handOver(file: Admission): Promise<void> {
    await this.#large?.handOver(file);
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    this.#failure ??= await action().then(
      () => null,
      (error: unknown) => ({ error }),
    );
  }

  async #add(bytes: Uint8Array): Promise<void> {
    const fits = LIMITS.partBytes - this.#buffer.length;
    this.#buffer.add(bytes.subarray(0, fits));
    if (bytes.length <= fits) return;
    this.#large ??= new LargeFile(this.#upload, this.#file);
    const part = this.#buffer.take();
    try {
      await this.#large.addPart(part.bytes);
    } finally {
      part.release();
    }
    this.#buffer.add(bytes.subarray(fits));
  }
}

/** A file of more than one part, as a multipart upload. */
class LargeFile {
  readonly #upload: Upload;
  readonly #file: NamedFile;
  readonly #hash = new crypto.DigestStream("SHA-256");
  readonly #hashing = this.#hash.getWriter();
  readonly #parts: UploadedPart[] = [];
  /** CRC-32 of each part. */
  readonly #crc32s: number[] = [];
  #multipart: MultipartUpload | null = null;
  #head = new Uint8Array();
  #type = "";
  /** Hex digest of the file, once it is in doubt. */
  #sha256: string | null = null;

  constructor(upload: Upload, file: NamedFile) {
    this.#upload = upload;
    this.#file = file;
  }

  /** Stores the next part, which must have `partBytes` bytes unless it is the last one. */
  async addPart(bytes: Uint8Array): Promise<void> {
    const multipart = (this.#multipart ??= await this.#open(bytes));
    const number = this.#parts.length + 1;
    const put = () => uploadPart(this.#upload.bucket, multipart, number, bytes);
    const [part] = await Promise.all([retryTransient(put), this.#hashing.write(bytes)]);
    this.#parts.push(part);
    this.#crc32s.push(crc32(bytes));
  }

  /** True if R2 has all parts, and may have completed the file. */
  get isInDoubt(): boolean {
    return this.#sha256 !== null;
  }

  /** Stores the last part and reports the file as completed, unless that is in doubt. */
  async complete(file: Admission, lastBytes: Uint8Array, digest: string | null): Promise<void> {
    await this.addPart(lastBytes);
    await this.#hashing.close();
    const sha256 = new Uint8Array(await this.#hash.digest).toHex();
    checkDigest(sha256, digest);
    const etag = await this.#join(file.size);
    if (etag === null) {
      this.#sha256 = sha256;
      this.#upload.interrupt(file.id);
    } else {
      const digests = { sha256, crc32: partsCrc32(file.size, this.#crc32s) };
      const content = { ...digests, head: this.#head, type: this.#type };
      await this.#upload.finish({ file, type: this.#type }, etag, content);
    }
  }

  /** Records the parts in the batch, which completes the file now or later. */
  async handOver({ id, size }: Admission): Promise<void> {
    const { batch } = this.#upload;
    if (!this.#multipart || this.#sha256 === null) return;
    await batch.registerMultipart(id, { ...this.#multipart, sha256: this.#sha256 });
    const multipartId = this.#multipart.id;
    const properties = fileProperties(this.#head, this.#type);
    for (const [index, { partNumber: number, etag }] of this.#parts.entries()) {
      const crc = this.#crc32s[index];
      // The digest of the whole file takes the place of those of its parts.
      const digests = { sha256: "", ...(crc !== undefined && { crc32: crc }) };
      const known = { number, multipartId, etag, ...digests, properties };
      const sent = { bytes: partSize(size, number), upload: crypto.randomUUID() };
      const { completion } = await batch.recordPart(id, { ...known, ...sent });
      if (completion) await completeFile(this.#upload, completion).catch(() => undefined);
    }
  }

  async abort(): Promise<void> {
    if (!this.#multipart) return;
    await abortMultipart(this.#upload.bucket, this.#multipart).catch(() => undefined);
  }

  async #open(firstBytes: Uint8Array): Promise<MultipartUpload> {
    this.#head = firstBytes.slice(0, HEAD_BYTES);
    this.#type = await acceptedType(this.#head, this.#file);
    const object = { file: this.#file, type: this.#type };
    return retryTransient(() => createMultipart(this.#upload.bucket, object));
  }

  /** Completes the multipart upload. @returns the object's etag; null if it is in doubt */
  async #join(size: number): Promise<string | null> {
    const { bucket } = this.#upload;
    const multipart = this.#multipart;
    if (!multipart) return null;
    const complete = () => completeMultipart(bucket, multipart, { size, parts: this.#parts });
    const result = await retryTransient(complete).catch((error: unknown) => {
      if (error instanceof StorageError) return { doubt: error.failure };
      throw error;
    });
    return "etag" in result ? result.etag : null;
  }
}
