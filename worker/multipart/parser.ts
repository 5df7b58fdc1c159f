import { KIB, MIB, PART_HEADER_BYTES } from "../../protocol/index.ts";
import type { ProblemError } from "../http/problem.ts";
import type { BufferAccount } from "../streams/buffer.ts";
import { AdaptiveReader, type ByteSource } from "../streams/reader.ts";
import { ByteSearcher } from "./byte-search.ts";
import { parseBoundary, type FormPart, malformed, parsePartHeaders } from "./headers.ts";

/**
 * One step of a `multipart/form-data` body: a part starts, bytes of its content, the part ends. The
 * memory of the bytes is reused, so copy bytes to keep them.
 */
export type FormEvent =
  | { event: "part"; part: FormPart }
  | { event: "bytes"; bytes: Uint8Array }
  | { event: "end" };

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

const LINE_BREAK = new TextEncoder().encode("\r\n");
const HEADERS_END = new ByteSearcher("\r\n\r\n");
const DASH = 0x2d;

/** Consumes the parts of a form. */
export interface PartConsumer<Part> {
  /** Starts a part. Returns null to ignore its content. */
  open: (part: FormPart) => Part | null | Promise<Part | null>;
  write: (part: Part, bytes: Uint8Array) => void | Promise<void>;
  close: (part: Part) => Promise<void>;
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
        await consumer.close(closed);
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
    // A form may start with its first boundary, as if a line break preceded it.
    this.#reader = new AdaptiveReader(source, { memory: MEMORY_BYTES, prefix: LINE_BREAK });
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

  /** Parses the headers of a part, up to its content. */
  async part(): Promise<FormPart> {
    if (++this.#parts > this.#limits.parts) throw this.#limits.exceeded();
    const end = await this.#headersEnd();
    const part = parsePartHeaders(this.#reader.unread.subarray(0, end));
    this.#reader.skip(end + HEADERS_END.length);
    return part;
  }

  async #headersEnd(): Promise<number> {
    for (let searched = 0; ;) {
      const headers = this.#reader.unread.subarray(0, PART_HEADER_BYTES);
      const end = HEADERS_END.indexIn(headers, searched);
      if (end !== -1) return end;
      // Otherwise headers that arrive byte by byte would be searched again for each byte.
      searched = Math.max(0, headers.length - HEADERS_END.length + 1);
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
