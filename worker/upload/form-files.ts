import * as v from "valibot";
import { type FileError, MIB } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import {
  type Admission,
  type BatchDetails,
  type BatchLimits,
  declarationError,
  type NewFiles,
} from "../../durable-objects/index.ts";
import { safeName } from "../../storage/keys.ts";
import { ProblemError } from "../http/problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import type { BufferAccount } from "../streams/buffer.ts";
import { partDigest } from "./digest.ts";
import { Semaphore } from "./semaphore.ts";
import { UnknownLengthFile } from "./unknown-length.ts";
import { PUT_LIMITS, type Upload } from "./upload.ts";

/**
 * A group of files is declared in one call once it has this many files or bytes. A form of a hundred
 * files has at most two groups. If the Worker ends early, the batch lacks at most one group of the files
 * that are stored; its cleanup deletes their objects.
 */
const GROUP = { files: 100, bytes: 48 * MIB };

/** The batch that a form's files go to. */
export interface FormBatch {
  upload: Upload;
  /** Folder of its objects. */
  folder: string;
  limits: BatchLimits;
  /** Declares files, for which quota is reserved. */
  declare: (files: NewFiles) => Promise<unknown>;
}

export interface OpenFile {
  name: string;
  /** Type in the form; "" if there is none. */
  type: string;
  content: UnknownLengthFile;
}

/**
 * Stores the files of a form. A form has no sizes, so files are declared after they have ended, in
 * groups.
 */
export class FormFiles {
  readonly #batch: FormBatch;
  readonly #memory: BufferAccount;
  readonly #puts = new Semaphore(PUT_LIMITS);
  #count = 0;
  /** Files that R2 may have stored or not. */
  readonly #inDoubt: { content: UnknownLengthFile; file: Admission }[] = [];
  #undeclared: FileDeclaration[] = [];
  /** Bytes that count towards the batch's limit. */
  #bytes = 0;

  constructor(batch: FormBatch, memory: BufferAccount) {
    this.#batch = batch;
    this.#memory = memory;
  }

  /** @param filename that of the part, or the name of its field */
  open(part: FormPart, filename: string): OpenFile {
    const named = parseFormFile(part, filename);
    const { upload, folder, limits } = this.#batch;
    const { types, wrongTypes } = limits;
    // The batch has no other client, so its next id is the number of files.
    const file = { id: this.#count, folder, types, wrongTypes, ...named };
    const { digest, error } = partDigest(part);
    const content = new UnknownLengthFile(upload, file, { digest, memory: this.#memory });
    const open = { ...named, content };
    if (error) open.content.refuse(error);
    this.#checkLimits(open);
    return open;
  }

  /** Waits while the files that are being stored and this one exceed the memory of a bundle. */
  async write(open: OpenFile, bytes: Uint8Array): Promise<void> {
    await this.#puts.capacityFor(open.content.bufferedBytes + bytes.length);
    await open.content.write(bytes);
    this.#checkLimits(open);
  }

  /**
   * @param problem the reason for which the content is not complete; null if it is
   * @throws ProblemError `too_many_files`, `quota_exceeded`
   */
  async close(open: OpenFile, problem: ProblemError | null): Promise<void> {
    const { content } = open;
    if (problem) content.refuse(problem);
    if (this.#count >= this.#batch.limits.files) {
      await content.abort();
      throw tooManyFiles(this.#batch.limits.files);
    }
    if (await this.#isRefusedByContent(open)) return this.#reportRefused(open);
    if (!content.isRefused) this.#bytes += content.length;
    const file = this.#add(open);
    content.end();
    await this.#puts.run(() => this.#store(open, file), content.bufferedBytes);
    if (!this.#isGroupFull()) return;
    await this.#declare();
    this.#batch.upload.events.send();
  }

  /** Stores and declares all files, and seals the batch. */
  async finish(): Promise<BatchDetails> {
    const { upload } = this.#batch;
    await this.#declare();
    await this.#puts.drained();
    await this.#handOver();
    await upload.flush();
    return upload.batch.seal();
  }

  /** Ends the work on the files after an error, so that nothing is stored any more. */
  async discard(): Promise<void> {
    await this.#puts.drained().catch(() => undefined);
    await Promise.all(this.#inDoubt.map(({ content }) => content.abort()));
  }

  async #store({ content }: OpenFile, file: Admission): Promise<void> {
    await content.store(file);
    if (content.isInDoubt) this.#inDoubt.push({ content, file });
  }

  /** Leaves the files in doubt to the batch, which knows all files by now. */
  async #handOver(): Promise<void> {
    if (this.#inDoubt.length > 0) await this.#batch.upload.flush();
    for (const { content, file } of this.#inDoubt) await content.handOver(file);
  }

  /** Refuses a file that the Batch will refuse when it is declared, so that it is not stored. */
  #checkLimits(open: OpenFile): void {
    const error = this.#declarationError(open);
    if (error) open.content.refuse(ProblemError.from(error));
  }

  #declarationError({ name, type, content }: OpenFile): FileError | null {
    return declarationError({ name, size: content.length, type }, this.#batch.limits, this.#bytes);
  }

  /**
   * Returns true if only the content of a file shows that the batch refuses it. Then the file does not
   * count towards the batch's bytes. The type is checked early only if those are limited.
   */
  async #isRefusedByContent(open: OpenFile): Promise<boolean> {
    const { bytes, types, wrongTypes } = this.#batch.limits;
    if (bytes === Infinity) return false;
    if (types !== null || wrongTypes === "refuse") await open.content.checkType();
    return open.content.isRefused && this.#declarationError(open) === null;
  }

  /** Reports the file as failed before the next declaration, so that the Batch does not count it there. */
  async #reportRefused(open: OpenFile): Promise<void> {
    await open.content.store(this.#add(open));
    await this.#declare();
    await this.#batch.upload.flush();
  }

  #add({ name, type, content }: OpenFile): Admission {
    const { folder, limits } = this.#batch;
    const id = this.#count++;
    const declared = { name, type, size: content.length };
    this.#undeclared.push(declared);
    const { types, wrongTypes } = limits;
    const file = { id, ...declared, folder, types, wrongTypes };
    return { ...file, row: [id, "queued", 0, 0, null], decision: "send" };
  }

  #isGroupFull(): boolean {
    const bytes = this.#undeclared.reduce((sum, { size }) => sum + size, 0);
    return this.#undeclared.length >= GROUP.files || bytes >= GROUP.bytes;
  }

  /** Declares the files that have ended since the last call. Their events may be sent afterwards. */
  async #declare(): Promise<void> {
    const files = this.#undeclared;
    if (files.length === 0) return;
    const firstFile = this.#count - files.length;
    await this.#batch.declare({ key: String(firstFile), files, firstFile });
    this.#undeclared = [];
  }
}

function tooManyFiles(max: number): ProblemError {
  const detail = `The form has more than ${max} files, the limit of a batch; send fewer.`;
  return new ProblemError("too_many_files", detail);
}

/** Returns the name and type of a file. */
function parseFormFile({ contentType = "" }: FormPart, filename: string) {
  const { name, type } = FileDeclaration.entries;
  // A form cannot be corrected and sent again, so an invalid name is replaced instead of refused.
  const hasValidName = v.is(name, filename);
  const hasValidType = v.is(type, contentType);
  return {
    name: hasValidName ? filename : safeName(filename),
    type: hasValidType ? contentType : "",
  };
}
