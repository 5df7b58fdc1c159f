import * as v from "valibot";
import { BODY_BYTES, FORM_FILES } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { type Admission, declarationError, type BatchLimits } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { type FormEvent, type IncomingForm, parseForm } from "../multipart/parser.ts";
import type { FormPart } from "../multipart/headers.ts";
import {
  reportProgress,
  reportFailure,
  reportStored,
  type UploadContext,
  storedOnce,
} from "./upload.ts";
import { safeName } from "../../storage/keys.ts";
import { UnknownLengthFile } from "./unknown-length.ts";

const FORM_LIMITS = {
  parts: FORM_FILES,
  bytes: BODY_BYTES,
  exceeded: () =>
    new ProblemError(
      "too_large",
      `Send at most ${FORM_FILES} files and ${BODY_BYTES} bytes in one form; a batch takes more.`,
    ),
};

/**
 * Takes in a plain form: every part with a file name is a file, whatever its field is called. A
 * form says no sizes, so each file is declared when it has ended; then the batch is sealed.
 *
 * @param place where the batch's objects go, and what it may hold
 * @throws ProblemError where the form cannot be read, or holds no file, or too many
 */
export async function receiveForm(
  intake: UploadContext,
  place: Place,
  form: IncomingForm,
): Promise<void> {
  const plain = new FormUpload(intake, place);
  try {
    if ((form.length ?? 0) > BODY_BYTES) throw FORM_LIMITS.exceeded();
    for await (const event of parseForm(form, FORM_LIMITS)) await plain.take(event);
  } finally {
    await plain.end();
    await intake.reporter.flush();
    await intake.batch.seal();
  }
  if (plain.files === 0) {
    throw new ProblemError("malformed_request", "Send at least one file: the form holds none.");
  }
}

interface Place {
  folder: string;
  limits: BatchLimits;
}

/** The part that is arriving. */
interface OpenPart {
  part: FormFile;
  content: UnknownLengthFile;
}

class FormUpload {
  readonly #intake: UploadContext;
  readonly #place: Place;
  #files = 0;
  /** Bytes of the files that are in the batch, or may still come. */
  #bytes = 0;
  #open: OpenPart | null = null;

  constructor(intake: UploadContext, place: Place) {
    this.#intake = intake;
    this.#place = place;
  }

  /** Files taken in so far. */
  get files(): number {
    return this.#files;
  }

  async take(event: FormEvent): Promise<void> {
    switch (event.event) {
      case "part":
        this.#openPart(event.part);
        break;
      case "bytes":
        await this.#open?.content.write(event.bytes);
        this.#check();
        break;
      case "end":
        await this.#closePart();
        break;
    }
  }

  /** Leaves nothing in the bucket of a file that broke off. */
  async end(): Promise<void> {
    await this.#open?.content.abort();
  }

  #openPart(info: FormPart): void {
    const part = parseFormFile(info);
    const { folder, limits } = this.#place;
    // Nobody else declares files in this batch: the next id is the count.
    const file = part && { id: this.#files, folder, types: limits.types, ...part };
    this.#open = file && { part: file, content: new UnknownLengthFile(this.#intake.bucket, file) };
    this.#check();
  }

  /** What the Batch will refuse, once it is declared, is not to be stored. */
  #check(): void {
    if (!this.#open) return;
    const { part, content } = this.#open;
    const declared = { size: content.length, type: part.type };
    const refusal = declarationError(declared, this.#place.limits, this.#bytes);
    if (refusal) content.refuse(ProblemError.from(refusal));
  }

  async #closePart(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const file = await this.#declare(open);
    reportProgress(this.#intake, file, file.size);
    try {
      const { etag, ...found } = await open.content.close();
      const storing = { file, type: found.type };
      reportStored(this.#intake, file, await storedOnce(this.#intake, storing, etag, found));
      this.#bytes += file.size;
    } catch (error) {
      if (reportFailure(this.#intake, file, error).retryable) this.#bytes += file.size;
    }
  }

  async #declare({ part: { name, type }, content }: OpenPart): Promise<Admission> {
    const id = this.#files++;
    const size = content.length;
    try {
      await this.#intake.batch.declare({ key: String(id), files: [{ name, type, size }] });
    } catch (error) {
      await content.abort();
      throw error;
    }
    const { folder, limits } = this.#place;
    const known = { id, name, size, type, folder, types: limits.types };
    return { ...known, row: [id, "queued", 0, 0, null], decision: "send" };
  }
}

interface FormFile {
  name: string;
  type: string;
}

/** A part that is a file; a form's empty file input sends one without a name. */
function parseFormFile({ filename, contentType = "" }: FormPart): FormFile | null {
  if (!filename) return null;
  const { name, type } = FileDeclaration.entries;
  // A form cannot be asked again: a name that no batch takes is made one, rather than refused.
  const isName = v.is(name, filename);
  const isType = v.is(type, contentType);
  return { name: isName ? filename : safeName(filename), type: isType ? contentType : "" };
}
