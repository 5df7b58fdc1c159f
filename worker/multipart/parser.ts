import { KIB, MIB, PART_HEADER_BYTES } from "../../protocol/index.ts";
import type { ProblemError } from "../http/problem.ts";
import type { BufferAccount } from "../streams/buffer.ts";
import { AdaptiveReader, type ByteSource, type ReaderOptions } from "../streams/reader.ts";
import { ByteSearcher } from "./byte-search.ts";
import { type FormPart, nestedBoundary, parseBoundary, parsePartHeaders } from "./headers.ts";
import { malformed } from "./malformed.ts";
import { NestedSource } from "./nested-source.ts";
import { ContentDecoder } from "./transfer-encoding.ts";

/**
 * One step of a `multipart/form-data` body: a part starts, bytes of its content, the part ends. The
 * memory of the bytes is reused, so copy bytes to keep them. A part that ends with a problem has content
 * that cannot be decoded, of which some bytes may be missing.
 */
export type FormEvent =
  | { event: "part"; part: FormPart }
  | { event: "bytes"; bytes: Uint8Array }
  | { event: "end"; problem: ProblemError | null };

/** The form of a request. */
export interface IncomingForm {
  /** The `Content-Type`. */
  type: string;
  /** The `Content-Length`; null if there is none. */
  length: number | null;
  body: ByteSource;
}

/** A form whose parts are buffered. */
export interface BufferedForm extends IncomingForm {
  /** Accounts for the memory of the parts. */
  memory: BufferAccount;
}

export interface FormLimits {
  /** Parts in the form. */
  parts: number;
  /** Bytes of the whole body, including the framing. */
  bytes: number;
  /** Returns the problem of a form that exceeds them. */
  exceeded: () => ProblemError;
}

const MEMORY_BYTES = { min: 64 * KIB, max: MIB };
/** Memory for the content of a nested part, which is in that of the form, too. */
const NESTED_MEMORY_BYTES = { min: 32 * KIB, max: 32 * KIB };

const LINE_BREAK = new TextEncoder().encode("\r\n");
const HEADERS_END = new ByteSearcher("\r\n\r\n");
const DASH = 0x2d;

/** Consumes the parts of a form. */
export interface PartConsumer<Part> {
  /** Starts a part. Returns null to ignore its content. */
  open: (part: FormPart) => Part | null | Promise<Part | null>;
  write: (part: Part, bytes: Uint8Array) => void | Promise<void>;
  /** @param problem the reason for which the content is not complete; null if it is */
  close: (part: Part, problem: ProblemError | null) => Promise<void>;
  /** Runs last, also after an error. @param open the part in which the form ended early */
  settle: (open: Part | null) => Promise<void>;
}

/**
 * Passes the parts of a form to `consumer`, one after the other. Complete parts before an error are
 * passed on.
 *
 * @throws ProblemError `malformed_multipart`, that of `limits.exceeded`, or those of the consumer
 */
export async function consumeForm<Part>(
  form: IncomingForm,
  limits: FormLimits,
  consumer: PartConsumer<Part>,
): Promise<void> {
  let open: Part | null = null;
  try {
    if ((form.length ?? 0) > limits.bytes) throw limits.exceeded();
    for await (const event of parseForm(form, limits)) {
      if (event.event === "part") open = await consumer.open(event.part);
      else if (open === null) continue;
      else if (event.event === "bytes") await consumer.write(open, event.bytes);
      else {
        const closed: Part = open;
        open = null;
        await consumer.close(closed, event.problem);
      }
    }
  } finally {
    await consumer.settle(open);
  }
}

/**
 * Parses a form (RFC 7578) as a stream. It reads no further than the caller has consumed, and yields
 * bytes without waiting for more. Complete parts before an error are yielded.
 *
 * @throws ProblemError `malformed_multipart`, or that of `limits.exceeded`
 */
export function parseForm(
  { type, body }: Omit<IncomingForm, "length">,
  limits: FormLimits,
): AsyncGenerator<FormEvent> {
  return parseParts(new FormParser(parseBoundary(type), { source: body, limits }));
}

/** @param field name of the field that has these parts; null for the form's own parts */
async function* parseParts(
  form: FormParser,
  field: string | null = null,
): AsyncGenerator<FormEvent> {
  for await (const _preamble of form.content());
  while (await form.hasPart()) {
    const part = await form.part(field ?? undefined);
    // Parts are nested once: curl sends `-F 'f=@a.txt,b.txt'` that way.
    const boundary = field === null ? nestedBoundary(part) : null;
    if (boundary !== null) {
      yield* parseNested(form, part.name, boundary);
      continue;
    }
    yield { event: "part", part };
    const decoder = new ContentDecoder(part.headers.get("content-transfer-encoding"));
    for await (const encoded of form.content()) {
      const bytes = decoder.decode(encoded);
      if (bytes.length > 0) yield { event: "bytes", bytes };
    }
    const bytes = decoder.end();
    if (bytes.length > 0) yield { event: "bytes", bytes };
    yield { event: "end", problem: decoder.problem };
  }
}

async function* parseNested(
  form: FormParser,
  field: string,
  boundary: string,
): AsyncGenerator<FormEvent> {
  const source = new NestedSource(form.content());
  yield* parseParts(form.nested(boundary, source), field);
  await source.drain();
}

interface ParserOptions {
  source: ByteSource;
  limits: FormLimits;
  memory?: ReaderOptions["memory"];
  parts?: { count: number };
}

class FormParser {
  readonly #limits: FormLimits;
  readonly #delimiter: ByteSearcher;
  readonly #reader: AdaptiveReader;
  /** Parts so far, those of nested ones included. */
  readonly #parts: { count: number };
  #bytes = 0;

  constructor(
    boundary: string,
    { source, limits, memory = MEMORY_BYTES, parts = { count: 0 } }: ParserOptions,
  ) {
    this.#limits = limits;
    this.#parts = parts;
    this.#delimiter = new ByteSearcher(`\r\n--${boundary}`);
    // A form may start with its first boundary, as if a line break preceded it.
    this.#reader = new AdaptiveReader(source, { memory, prefix: LINE_BREAK });
  }

  /** Yields the bytes before the next boundary, and consumes the boundary. */
  async *content(): AsyncGenerator<Uint8Array> {
    const overlap = this.#delimiter.length - 1;
    for (;;) {
      const { unread } = this.#reader;
      const end = this.#delimiter.indexIn(unread);
      // The last bytes may be the start of a boundary.
      const length = end === -1 ? unread.length - overlap : end;
      if (length > 0) yield unread.subarray(0, length);
      this.#reader.skip(end === -1 ? Math.max(0, length) : end + this.#delimiter.length);
      if (end !== -1) return;
      await this.#more();
    }
  }

  /** Returns true if another part follows the boundary. */
  async hasPart(): Promise<boolean> {
    while (this.#reader.unread.length < 2) await this.#more();
    const [first, second] = this.#reader.unread;
    return first !== DASH || second !== DASH;
  }

  /** Returns the parser of a part that consists of parts. */
  nested(boundary: string, source: ByteSource): FormParser {
    const shared = { limits: this.#limits, parts: this.#parts };
    return new FormParser(boundary, { source, memory: NESTED_MEMORY_BYTES, ...shared });
  }

  /**
   * Parses the headers of a part, up to its content.
   *
   * @param field name of the field that a nested part belongs to
   */
  async part(field?: string): Promise<FormPart> {
    if (++this.#parts.count > this.#limits.parts) throw this.#limits.exceeded();
    const end = await this.#headersEnd();
    const part = parsePartHeaders(this.#reader.unread.subarray(0, end), field);
    this.#reader.skip(end);
    await this.#skipLineBreak();
    await this.#skipLineBreak();
    return part;
  }

  /** Skips the end of a header or the empty line, unless it is the line break before a boundary. */
  async #skipLineBreak(): Promise<void> {
    const { length } = this.#delimiter;
    while (this.#reader.unread.length < length) await this.#more();
    if (!this.#delimiter.isAt(this.#reader.unread, 0)) this.#reader.skip(LINE_BREAK.length);
  }

  /** Returns the length of the headers, which end at an empty line, or at a boundary without content. */
  async #headersEnd(): Promise<number> {
    const overlap = Math.max(HEADERS_END.length, this.#delimiter.length) - 1;
    for (let searched = 0; ;) {
      const headers = this.#reader.unread.subarray(0, PART_HEADER_BYTES);
      const end = HEADERS_END.indexIn(headers, searched);
      const before = end === -1 ? headers : headers.subarray(0, end);
      const boundary = this.#delimiter.indexIn(before, searched);
      if (boundary !== -1 || end !== -1) return boundary === -1 ? end : boundary;
      // Otherwise headers that arrive byte by byte would be searched again for each byte.
      searched = Math.max(0, headers.length - overlap);
      if (headers.length === PART_HEADER_BYTES)
        throw malformed(`the headers of a part exceed ${PART_HEADER_BYTES} bytes`);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const read = await this.#reader.more();
    if (read === 0) throw malformed("the form ends before its closing boundary");
    this.#bytes += read;
    if (this.#bytes > this.#limits.bytes) throw this.#limits.exceeded();
  }
}
