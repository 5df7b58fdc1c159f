import * as v from "valibot";
import {
  type BatchResource,
  BODY_BYTES,
  type FileError,
  FORM_FILES,
  MIB,
} from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { type Admission, type BatchLimits, declarationError } from "../../durable-objects/index.ts";
import { safeName } from "../../storage/keys.ts";
import { ProblemError } from "../http/problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import { type BufferedForm, consumeForm, type PartConsumer } from "../multipart/parser.ts";
import type { BufferAccount } from "../streams/buffer.ts";
import { partDigest } from "./digest.ts";
import { Semaphore } from "./semaphore.ts";
import { UnknownLengthFile } from "./unknown-length.ts";
import { PUT_LIMITS, type Upload } from "./upload.ts";

const FORM_LIMITS = {
  parts: FORM_FILES,
  bytes: BODY_BYTES,
  exceeded: () =>
    new ProblemError(
      "too_large",
      `The form is too large; send at most ${FORM_FILES} files and ${BODY_BYTES} bytes, or use a batch.`,
    ),
};

/**
 * A group of files is declared in one call once it has this many files or bytes. A form of a hundred
 * files has at most two groups. If the Worker ends early, the batch lacks at most one group of the files
 * that are stored; its cleanup deletes their objects.
 */
const GROUP = { files: 100, bytes: 48 * MIB };

/** The batch that a form's files go to. */
interface FormBatch {
  /** Folder of its objects. */
  folder: string;
  limits: BatchLimits;
}

/**
 * Stores the files of a form: every part with a file name, whatever its field is called. A form has no
 * sizes, so files are declared after they have ended, in groups. The batch is sealed at the end.
 *
 * @returns the sealed batch
 * @throws ProblemError for a form that is invalid, or has no file or too many
 */
export async function uploadForm(
  upload: Upload,
  batch: FormBatch,
  form: BufferedForm,
): Promise<BatchResource> {
  const files = new FormFiles(upload, batch, form.memory);
  await consumeForm(form, FORM_LIMITS, files);
  if (files.sealed && files.count > 0) return files.sealed;
  throw new ProblemError("malformed_request", "The form has no files; send at least one.");
}

interface OpenFile {
  name: string;
  /** Type in the form; "" if there is none. */
  type: string;
  content: UnknownLengthFile;
}

class FormFiles implements PartConsumer<OpenFile> {
  readonly #upload: Upload;
  readonly #batch: FormBatch;
  readonly #memory: BufferAccount;
  readonly #puts = new Semaphore(PUT_LIMITS);
  #count = 0;
  /** Files that R2 may have stored or not. */
  readonly #inDoubt: { content: UnknownLengthFile; file: Admission }[] = [];
  #undeclared: FileDeclaration[] = [];
  /** Bytes that count towards the batch's limit. */
  #bytes = 0;
  #sealed: BatchResource | null = null;

  constructor(upload: Upload, batch: FormBatch, memory: BufferAccount) {
    this.#upload = upload;
    this.#batch = batch;
    this.#memory = memory;
  }

  /** Files that have ended. */
  get count(): number {
    return this.#count;
  }

  get sealed(): BatchResource | null {
    return this.#sealed;
  }

  open(part: FormPart): OpenFile | null {
    const named = parseFormFile(part);
    if (!named) return null;
    const { folder, limits } = this.#batch;
    const { types, wrongTypes } = limits;
    // The batch has no other client, so its next id is the number of files.
    const file = { id: this.#count, folder, types, wrongTypes, ...named };
    const { digest, error } = partDigest(part);
    const content = new UnknownLengthFile(this.#upload, file, { digest, memory: this.#memory });
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

  async close(open: OpenFile): Promise<void> {
    const { content } = open;
    if (this.#count >= this.#batch.limits.files) return this.#exceedCount(open);
    if (await this.#isRefusedByContent(open)) return this.#reportRefused(open);
    if (!content.isRefused) this.#bytes += content.length;
    const file = this.#add(open);
    content.end();
    await this.#puts.run(() => this.#store(open, file), content.bufferedBytes);
    if (this.#isGroupFull()) await this.#declare();
  }

  async settle(open: OpenFile | null): Promise<void> {
    await open?.content.abort();
    try {
      await this.#declare();
      await this.#puts.drained();
      await this.#handOver();
    } finally {
      // After an error, `flush` deletes the objects of files that were not declared.
      await this.#puts.drained().catch(() => undefined);
      await this.#upload.flush();
      this.#sealed = await this.#upload.batch.seal();
    }
  }

  async #store({ content }: OpenFile, file: Admission): Promise<void> {
    await content.store(file);
    if (content.isInDoubt) this.#inDoubt.push({ content, file });
  }

  /** Leaves the files in doubt to the batch, which knows all files by now. */
  async #handOver(): Promise<void> {
    if (this.#inDoubt.length > 0) await this.#upload.flush();
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
    if (bytes === Infinity || (types === null && wrongTypes !== "refuse")) return false;
    await open.content.checkType();
    return open.content.isRefused && this.#declarationError(open) === null;
  }

  /** Reports the file as failed before the next declaration, so that the Batch does not count it there. */
  async #reportRefused(open: OpenFile): Promise<void> {
    await open.content.store(this.#add(open));
    await this.#declare();
    await this.#upload.flush();
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

  /** Declares the files that have ended since the last call, and sends their events. */
  async #declare(): Promise<void> {
    const files = this.#undeclared;
    if (files.length === 0) return;
    const firstFile = this.#count - files.length;
    await this.#upload.batch.declare({ key: String(firstFile), files, firstFile });
    this.#undeclared = [];
    this.#upload.events.send();
  }

  /** Declares the files so far, then the one too many, which the Batch refuses. */
  async #exceedCount(open: OpenFile): Promise<void> {
    await open.content.abort();
    await this.#declare();
    this.#add(open);
    await this.#declare();
  }
}

/** Returns the name and type of a part that is a file. An empty file input sends one without a name. */
function parseFormFile({ filename, contentType = "" }: FormPart) {
  if (!filename) return null;
  const { name, type } = FileDeclaration.entries;
  // A form cannot be corrected and sent again, so an invalid name is replaced instead of refused.
  const hasValidName = v.is(name, filename);
  const hasValidType = v.is(type, contentType);
  return {
    name: hasValidName ? filename : safeName(filename),
    type: hasValidType ? contentType : "",
  };
}
