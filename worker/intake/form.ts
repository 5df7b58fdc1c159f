import { make, type MultipartError, type Parser, type PartInfo } from "multipasta";
import { ProblemError } from "../http/problem.ts";
import { chunksOf } from "../http/request-body.ts";
import { Collector } from "./collector.ts";
import { withNames } from "./part-names.ts";

/** A `multipart/form-data` body as it passes: a part, its bytes as they come, its end, the next. */
export type FormEvent =
  | { event: "part"; part: PartInfo }
  | { event: "bytes"; bytes: Uint8Array }
  | { event: "end" };

export interface FormLimits {
  /** Parts in the form. */
  parts: number;
  /** Bytes of the whole body, framing included. */
  bytes: number;
  /** What to answer beyond them. */
  exceeded: () => ProblemError;
}

/** The form that is a request's body. */
export function readForm(request: Request, limits: FormLimits): AsyncGenerator<FormEvent> {
  return parseForm(request.headers.get("Content-Type") ?? "", chunksOf(request), limits);
}

/**
 * Parses a form as a stream: nothing of it is kept here, and no more of it is read than the
 * consumer has taken. What came whole before a problem is yielded before the problem is thrown.
 *
 * @throws ProblemError `malformed_multipart`, or what `limits.exceeded` says
 */
export async function* parseForm(
  contentType: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  limits: FormLimits,
): AsyncGenerator<FormEvent> {
  const parser = new FormParser(contentType, limits);
  for await (const chunk of chunks) {
    parser.write(chunk);
    yield* parser.take();
  }
  parser.end();
  yield* parser.take();
}

class FormParser {
  readonly #limits: FormLimits;
  readonly #parser: Parser;
  #events: FormEvent[] = [];
  /** Dashes at the end of a chunk: the closing boundary's two, cut apart, would begin a part. */
  readonly #held = new Collector();
  #problem: ProblemError | null = null;
  #done = false;

  constructor(contentType: string, limits: FormLimits) {
    this.#limits = limits;
    this.#parser = make({
      headers: { "content-type": contentType },
      maxParts: limits.parts,
      maxTotalSize: limits.bytes,
      isFile: () => true,
      onFile: (part) => this.#open(part),
      onField: () => undefined,
      onError: (error) => this.#fail(this.#problemOf(error)),
      onDone: () => (this.#done = true),
    });
  }

  write(chunk: Uint8Array): void {
    this.#held.add(chunk);
    const bytes = this.#held.take();
    const end = bytes.length - lastDashes(bytes);
    if (end < bytes.length) this.#held.add(bytes.subarray(end));
    this.#parse((parser) => parser.write(bytes.subarray(0, end)));
  }

  end(): void {
    // The parser, too, may hold the closing boundary: where it came in a chunk of its own.
    this.#parse((parser) => {
      parser.write(this.#held.take());
      parser.end();
    });
    if (!this.#done) this.#fail(malformed("it ends before its closing boundary"));
  }

  *take(): Generator<FormEvent> {
    const events = this.#events;
    this.#events = [];
    yield* events;
    if (this.#problem) throw this.#problem;
  }

  #parse(step: (parser: Parser) => void): void {
    if (this.#problem || this.#done) return;
    try {
      step(this.#parser);
    } catch {
      // A header whose percent-encoding is broken, for one.
      this.#fail(malformed("a part's headers cannot be decoded"));
    }
  }

  #open(part: PartInfo): (bytes: Uint8Array | null) => void {
    this.#push({ event: "part", part: withNames(part) });
    return (bytes) => this.#push(bytes === null ? { event: "end" } : { event: "bytes", bytes });
  }

  #push(event: FormEvent): void {
    if (!this.#problem) this.#events.push(event);
  }

  #fail(problem: ProblemError): void {
    this.#problem ??= problem;
  }

  #problemOf(error: MultipartError): ProblemError {
    switch (error._tag) {
      case "ReachedLimit":
        return this.#limits.exceeded();
      case "InvalidBoundary":
        return malformed("its Content-Type names no boundary");
      case "BadHeaders":
        return malformed("a part's headers cannot be read");
      case "InvalidDisposition":
        return malformed("a part has no name");
      case "EndNotReached":
        return malformed("it ends before its closing boundary");
    }
  }
}

const DASH = 0x2d;

/** How many dashes a chunk ends with, up to the two that matter. */
function lastDashes(bytes: Uint8Array): number {
  if (bytes.at(-1) !== DASH) return 0;
  return bytes.at(-2) === DASH ? 2 : 1;
}

function malformed(why: string): ProblemError {
  return new ProblemError(
    "malformed_multipart",
    `Send the form again as multipart/form-data: ${why}.`,
  );
}
