import { PART_HEADER_BYTES } from "../../protocol/index.ts";
import type { ProblemError } from "../http/problem.ts";
import { AdaptiveReader, type ByteSource } from "../streams/reader.ts";
import { ByteSearcher } from "./byte-search.ts";
import { parseBoundary, type FormPart, malformed, parsePartHeaders } from "./headers.ts";

/**
 * A `multipart/form-data` body as it passes: a part, its bytes as they come, its end, the next.
 * Bytes lie in memory that is used again: whoever keeps them keeps a copy.
 */
export type FormEvent =
  | { event: "part"; part: FormPart }
  | { event: "bytes"; bytes: Uint8Array }
  | { event: "end" };

/** A form as a request brings it. */
export interface IncomingForm {
  /** As `Content-Type` says. */
  type: string;
  /** Bytes of its body, as `Content-Length` says; null where it does not. */
  length: number | null;
  body: ByteSource;
}

export interface FormLimits {
  /** Parts in the form. */
  parts: number;
  /** Bytes of the whole body, framing included. */
  bytes: number;
  /** What to answer beyond them. */
  exceeded: () => ProblemError;
}

const MEMORY_BYTES = { min: 64 * 1024, max: 1024 * 1024 };

const LINE_BREAK = new TextEncoder().encode("\r\n");
const HEADERS_END = new ByteSearcher("\r\n\r\n");
const DASH = 0x2d;

/**
 * Parses a form (RFC 7578) as a stream: no more of it is read than the consumer has taken, and what
 * has come of it is not held back for what comes next. What came whole before a problem is yielded
 * before the problem is thrown.
 *
 * @throws ProblemError `malformed_multipart`, or what `limits.exceeded` says
 */
export async function* parseForm(
  { type, body }: Omit<IncomingForm, "length">,
  limits: FormLimits,
): AsyncGenerator<FormEvent> {
  const form = new FormParser(parseBoundary(type), body, limits);
  for await (const _preamble of form.content());
  while (await form.hasPart()) {
    yield { event: "part", part: await form.part() };
    for await (const bytes of form.content()) yield { event: "bytes", bytes };
    yield { event: "end" };
  }
}

class FormParser {
  readonly #limits: FormLimits;
  readonly #delimiter: ByteSearcher;
  readonly #reader: AdaptiveReader;
  #parts = 0;
  #bytes = 0;

  constructor(boundary: string, source: ByteSource, limits: FormLimits) {
    this.#limits = limits;
    this.#delimiter = new ByteSearcher(`\r\n--${boundary}`);
    // A form may begin with its first boundary: as if it stood on a line of its own.
    this.#reader = new AdaptiveReader(source, { memory: MEMORY_BYTES, prefix: LINE_BREAK });
  }

  /** What stands before the next boundary, which is read too. */
  async *content(): AsyncGenerator<Uint8Array> {
    const held = this.#delimiter.length - 1;
    for (;;) {
      const { unread } = this.#reader;
      const end = this.#delimiter.indexIn(unread);
      // The last bytes may be the beginning of a boundary.
      const length = end === -1 ? unread.length - held : end;
      if (length > 0) yield unread.subarray(0, length);
      this.#reader.skip(end === -1 ? Math.max(0, length) : end + this.#delimiter.length);
      if (end !== -1) return;
      await this.#more();
    }
  }

  /** Does another part follow the boundary? */
  async hasPart(): Promise<boolean> {
    while (this.#reader.unread.length < 2) await this.#more();
    const [first, second] = this.#reader.unread;
    return first !== DASH || second !== DASH;
  }

  /** The part's headers, up to its content. */
  async part(): Promise<FormPart> {
    if (++this.#parts > this.#limits.parts) throw this.#limits.exceeded();
    const end = await this.#headersEnd();
    const part = parsePartHeaders(this.#reader.unread.subarray(0, end));
    this.#reader.skip(end + HEADERS_END.length);
    return part;
  }

  async #headersEnd(): Promise<number> {
    for (;;) {
      const headers = this.#reader.unread.subarray(0, PART_HEADER_BYTES);
      const end = HEADERS_END.indexIn(headers);
      if (end !== -1) return end;
      if (headers.length === PART_HEADER_BYTES) throw malformed("a part's headers are too long");
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const read = await this.#reader.more();
    if (read === 0) throw malformed("it ends before its closing boundary");
    this.#bytes += read;
    if (this.#bytes > this.#limits.bytes) throw this.#limits.exceeded();
  }
}
