import type { IgnoredPart } from "../../protocol/index.ts";
import type { ProblemError } from "../http/problem.ts";
import type { FormPart } from "../multipart/headers.ts";
import type { PartConsumer } from "../multipart/parser.ts";
import type { BufferAccount } from "../streams/buffer.ts";
import type { FormFiles, OpenFile } from "./form-files.ts";
import { PlainText } from "./plain-text.ts";

/** Characters of a field's name in the response. A form may have a thousand names of 16 KiB. */
const NAME_CHARACTERS = 255;

const REASONS = {
  text: "Text fields are not stored; give the part a file name or a type to store it as a file.",
  empty: "No file was chosen in this field.",
};

/** A part that is being received. */
interface OpenPart {
  part: FormPart;
  /** False as long as the part may be no file. */
  isFile: boolean;
  /** The file; null if there is none, or if files are not stored. */
  file: OpenFile | null;
  text: PlainText;
}

/**
 * Passes the parts of a form that are files on to `FormFiles`, and collects the others. HTTP libraries
 * leave out the file name of bytes in memory, so every part is a file unless it is plain text. A part
 * without a file name has that of its field.
 */
export class FormParts implements PartConsumer<OpenPart> {
  readonly #start: () => Promise<FormFiles | null>;
  readonly #memory: BufferAccount;
  #files: Promise<FormFiles | null> | null = null;
  readonly ignored: IgnoredPart[] = [];

  /** @param start called for the first file; returns null if the files are not to be stored */
  constructor(start: () => Promise<FormFiles | null>, memory: BufferAccount) {
    this.#start = start;
    this.#memory = memory;
  }

  async open(part: FormPart): Promise<OpenPart> {
    const open = { part, isFile: false, file: null, text: new PlainText(this.#memory) };
    if (isFile(part)) await this.#openFile(open);
    return open;
  }

  async write(open: OpenPart, bytes: Uint8Array): Promise<void> {
    if (!open.isFile && isTextField(open.part) && open.text.add(bytes)) return;
    if (!open.isFile) await this.#openFile(open);
    if (open.file) await (await this.#files)?.write(open.file, bytes);
  }

  async close(open: OpenPart, problem: ProblemError | null): Promise<void> {
    if (!open.isFile && isTextField(open.part) && !open.text.isComplete())
      await this.#openFile(open);
    if (open.file) await (await this.#files)?.close(open.file, problem);
    if (open.isFile) return;
    open.text.clear();
    const reason = isTextField(open.part) ? REASONS.text : REASONS.empty;
    const name = open.part.name.slice(0, NAME_CHARACTERS);
    this.ignored.push({ name, reason: problem?.message ?? reason });
  }

  async settle(open: OpenPart | null): Promise<void> {
    open?.text.clear();
    await open?.file?.content.abort();
  }

  /** Treats a part as a file, whose content so far may have been text. */
  async #openFile(open: OpenPart): Promise<void> {
    open.isFile = true;
    this.#files ??= this.#start();
    const files = await this.#files;
    const { part, text } = open;
    const { bytes, release } = text.take();
    try {
      open.file = files?.open(part, fileName(part)) ?? null;
      if (open.file) await files?.write(open.file, bytes);
    } finally {
      release();
    }
  }
}

function fileName({ name, filename = "" }: FormPart): string {
  return filename === "" ? name : filename;
}

/** True for a part that is a file whatever it contains. */
function isFile(part: FormPart): boolean {
  return part.filename === undefined ? !isTextField(part) : part.filename !== "";
}

/** True for a part that may be a text field: RFC 7578 makes `text/plain` the type of parts without one. */
function isTextField({ filename, contentType = "" }: FormPart): boolean {
  return filename === undefined && /^\s*(?:text\/plain\s*(?:;|$)|$)/iu.test(contentType);
}
