import type { PartInfo } from "multipasta";
import * as v from "valibot";
import { BODY_BYTES } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import type { Admission } from "../../durable-objects/index.ts";
import type { BatchClient } from "../batch-client.ts";
import { checkDeclarations } from "../declarations.ts";
import { ProblemError } from "../http/problem.ts";
import { bodyLength } from "../http/request-body.ts";
import { type FormEvent, readForm } from "./form.ts";
import { arriving, fail, finish, type Intake } from "./receive-file.ts";
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
export async function receivePlainForm(
  intake: Intake,
  batch: BatchClient,
  request: Request,
): Promise<void> {
  const form = new PlainForm(intake, batch);
  try {
    if ((bodyLength(request) ?? 0) > BODY_BYTES) throw FORM_LIMITS.exceeded();
    for await (const event of readForm(request, FORM_LIMITS)) await form.take(event);
  } finally {
    await intake.reporter.flush();
    await batch.seal();
  }
  if (form.files === 0) {
    throw new ProblemError("malformed_request", "Send at least one file: the form holds none.");
  }
}

class PlainForm {
  readonly #intake: Intake;
  readonly #batch: BatchClient;
  #files = 0;
  #open: { part: FormFile; content: UnsizedFile } | null = null;

  constructor(intake: Intake, batch: BatchClient) {
    this.#intake = intake;
    this.#batch = batch;
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

  #openPart(info: PartInfo): void {
    const part = fileOf(info);
    const { bucket, batch } = this.#intake;
    // Nobody else declares files in this batch: the next id is the count.
    this.#open = part && {
      part,
      content: new UnsizedFile(bucket, batch, { id: this.#files, ...part }),
    };
  }

  async #closePart(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    const file = await this.#declare(open.part, open.content.length);
    arriving(this.#intake, file, file.size);
    try {
      finish(this.#intake, file, await open.content.close());
    } catch (error) {
      fail(this.#intake, file, error);
    }
  }

  async #declare({ name, type }: FormFile, size: number): Promise<Admission> {
    const declarations = checkDeclarations([{ name, type, size }]);
    const id = this.#files++;
    await this.#batch.declare(String(id), declarations);
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
  const type = v.safeParse(FileDeclaration.entries.type, contentType);
  return { name: filename, type: type.success ? (type.output ?? "") : "" };
}
