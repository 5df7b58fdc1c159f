import { ProblemError } from "../http/problem.ts";

/** Decodes a stream. `decode` and `end` throw for content that is not in the encoding. */
interface StreamDecoder {
  decode(bytes: Uint8Array): Uint8Array;
  /** Returns the last bytes. */
  end(): Uint8Array;
}

const NO_BYTES = new Uint8Array();

/** The encodings in which content is sent as it is. */
const PLAIN: ReadonlySet<string> = new Set(["", "7bit", "8bit", "binary"]);

/**
 * Decodes the content of a part by its `Content-Transfer-Encoding`. Mail libraries build forms with
 * `base64`, and so does curl on request. An error concerns its part only, and is in `problem`.
 */
export class ContentDecoder {
  readonly #decoder: StreamDecoder | null = null;
  #problem: ProblemError | null = null;

  /** @param header value of `Content-Transfer-Encoding`, if there is one */
  constructor(header = "") {
    const encoding = header.trim().toLowerCase();
    if (encoding === "base64") this.#decoder = new Base64Decoder();
    else if (encoding === "quoted-printable") this.#decoder = new QuotedPrintableDecoder();
    else if (!PLAIN.has(encoding)) this.#problem = unknownEncoding(header);
  }

  /** The reason for which the content cannot be decoded; null if it can, as far as it has arrived. */
  get problem(): ProblemError | null {
    return this.#problem;
  }

  /** Returns the decoded bytes, none after an error. */
  decode(bytes: Uint8Array): Uint8Array {
    const decoder = this.#decoder;
    if (decoder) return this.#attempt(() => decoder.decode(bytes));
    return this.#problem ? NO_BYTES : bytes;
  }

  /** Returns the last bytes. */
  end(): Uint8Array {
    const decoder = this.#decoder;
    return decoder ? this.#attempt(() => decoder.end()) : NO_BYTES;
  }

  #attempt(decode: () => Uint8Array): Uint8Array {
    if (this.#problem) return NO_BYTES;
    try {
      return decode();
    } catch {
      this.#problem = new ProblemError(
        "malformed_request",
        "The part's content does not match its Content-Transfer-Encoding; send the bytes without one.",
      );
      return NO_BYTES;
    }
  }
}

function unknownEncoding(header: string): ProblemError {
  return new ProblemError(
    "unsupported_encoding",
    `The Content-Transfer-Encoding ${JSON.stringify(header.slice(0, 100))} is unknown; send the bytes without one.`,
  );
}

/** White space is allowed anywhere; the padding at the end may be missing. */
class Base64Decoder implements StreamDecoder {
  /** Up to three characters, which are no whole group yet. */
  #rest = "";
  #isPadded = false;

  decode(bytes: Uint8Array): Uint8Array {
    const text = new TextDecoder("latin1").decode(bytes).replaceAll(/[\t\n\r ]+/gu, "");
    if (text === "") return NO_BYTES;
    if (this.#isPadded) throw new SyntaxError("Content follows the padding.");
    const all = this.#rest + text;
    const length = all.length - (all.length % 4);
    this.#rest = all.slice(length);
    this.#isPadded = all[length - 1] === "=";
    if (this.#isPadded && this.#rest !== "") throw new SyntaxError("Content follows the padding.");
    return Uint8Array.fromBase64(all.slice(0, length));
  }

  end(): Uint8Array {
    return Uint8Array.fromBase64(this.#rest);
  }
}

const EQUALS = 0x3d;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** `=XX` is a byte, and `=` at the end of a line is no line break (RFC 2045). */
class QuotedPrintableDecoder implements StreamDecoder {
  /** The start of an escape whose end has not arrived. */
  #rest: Uint8Array = NO_BYTES;

  decode(bytes: Uint8Array): Uint8Array {
    const encoded = joined(this.#rest, bytes);
    const decoded = new Uint8Array(encoded.length);
    let length = 0;
    let at = 0;
    while (at < encoded.length) {
      const escape = encoded[at] === EQUALS ? readEscape(encoded, at + 1) : null;
      if (escape === "incomplete") break;
      const { byte, size } = escape ?? { byte: encoded[at] ?? 0, size: 1 };
      if (byte !== null) decoded[length++] = byte;
      at += size;
    }
    this.#rest = encoded.slice(at);
    return decoded.subarray(0, length);
  }

  /** A soft line break may end the content, as its last line break belongs to the boundary. */
  end(): Uint8Array {
    if (this.#rest.length > 1) throw new SyntaxError("An escape is incomplete.");
    return NO_BYTES;
  }
}

/**
 * Reads what follows an equals sign.
 *
 * @returns the byte that it stands for, null for none, and the size of the whole escape
 */
function readEscape(bytes: Uint8Array, at: number) {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first === LINE_FEED) return { byte: null, size: 2 };
  if (first === undefined || second === undefined) return "incomplete";
  if (first === CARRIAGE_RETURN && second === LINE_FEED) return { byte: null, size: 3 };
  return { byte: 16 * hexValue(first) + hexValue(second), size: 3 };
}

function hexValue(character: number): number {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(character).toLowerCase());
  if (value === -1) throw new SyntaxError("An escape is invalid.");
  return value;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
