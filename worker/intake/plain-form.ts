import type { PartInfo } from "multipasta";
import * as v from "valibot";
import { BODY_BYTES } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import type { Admission } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { bodyLength } from "../http/request-body.ts";
import { type FormEvent, readForm } from "./form.ts";
import { arriving, fail, finish, type Intake, storedOnce } from "./receive-file.ts";
import { safeName } from "../storage/object-key.ts";
import { UnsizedFile } from "./unsized-file.ts";

/** Files in one form. */
const FORM_FILES = 1000;

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
 * @throws ProblemError where the form cannot be read, or holds no file
 */
export async function receivePlainForm(intake: Intake, request: Request): Promise<void> {
  const form = new PlainForm(intake);
  try {
    if ((bodyLength(request) ?? 0) > BODY_BYTES) throw FORM_LIMITS.exceeded();
    for await (const event of readForm(request, FORM_LIMITS)) await form.take(event);
  } finally {
    await form.end();
    await intake.reporter.flush();
    await intake.batch.seal();
  }
  if (form.files === 0) {
    throw new ProblemError("malformed_request", "Send at least one file: the form holds none.");
  }
}

class PlainForm {
  readonly #intake: Intake;
  #files = 0;
  #open: { part: FormFile; content: UnsizedFile } | null = null;

  constructor(intake: Intake) {
    this.#intake = intake;
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

  #openPart(info: PartInfo): void {
    const part = fileOf(info);
    const { bucket, batch } = this.#intake;
    // Nobody else declares files in this batch: the next id is the count.
    this.#open = part && {
      part,
      content: new UnsizedFile(bucket, batch.id, { id: this.#files, ...part }),
    };
  }

  async #closePart(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const file = await this.#declare(open.part, open.content.length);
    arriving(this.#intake, file, file.size);
    try {
      const { etag, ...found } = await open.content.close();
      const storing = { batch: this.#intake.batch.id, file, type: found.type };
      finish(this.#intake, file, await storedOnce(this.#intake, storing, etag, found));
    } catch (error) {
      fail(this.#intake, file, error);
    }
  }

  async #declare({ name, type }: FormFile, size: number): Promise<Admission> {
    const id = this.#files++;
    await this.#intake.batch.declare(String(id), [{ name, type, size }]);
    return { id, name, size, type, row: [id, "queued", 0, 0, null], verdict: "send" };
  }
}

interface FormFile {
  name: string;
  type: string;
}

/** A part that is a file; a form's empty file input sends one without a name. */
function fileOf({ filename, contentType }: PartInfo): FormFile | null {
  if (!filename) return null;
  const { name, type } = FileDeclaration.entries;
  // A form cannot be asked again: a name that no batch takes is made one, rather than refused.
  const isName = v.is(name, filename);
  const isType = v.is(type, contentType);
  return { name: isName ? filename : safeName(filename), type: isType ? contentType : "" };
}
