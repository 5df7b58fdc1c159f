import { ProblemError } from "../http/problem.ts";
import type { ByteSource } from "../streams/reader.ts";
import { parseForm } from "../multipart/parser.ts";
import { concat, FORM_TYPE } from "./multipart.ts";

/** Limits of the parsed forms. */
export const FORM_LIMITS = {
  parts: 100,
  bytes: 1_000_000,
  exceeded: () => new ProblemError("bundle_too_large", "The form is too large."),
};

export interface ReadPart {
  name: string;
  filename: string | undefined;
  /** The decoded content; empty if it cannot be decoded. */
  bytes: Uint8Array;
  /** Code of the problem that the part ended with, if any. */
  problem?: string;
}

interface ReadForm {
  /** The complete parts. */
  parts: ReadPart[];
  problem: unknown;
}

/** Parses a form that arrives in these chunks. */
export async function collectForm(
  chunks: readonly Uint8Array[],
  { type = FORM_TYPE, limits = FORM_LIMITS } = {},
): Promise<ReadForm> {
  const parts: ReadPart[] = [];
  let chunksOfPart: Uint8Array[] = [];
  let names: Pick<ReadPart, "name" | "filename"> = { name: "", filename: undefined };
  try {
    for await (const event of parseForm({ type, body: sourceOf(chunks) }, limits)) {
      if (event.event === "part") {
        names = { name: event.part.name, filename: event.part.filename };
        chunksOfPart = [];
      } else if (event.event === "bytes") chunksOfPart.push(event.bytes.slice());
      else parts.push({ ...names, ...readContent(chunksOfPart, event.problem) });
    }
    return { parts, problem: null };
  } catch (problem) {
    return { parts, problem };
  }
}

function readContent(chunks: readonly Uint8Array[], problem: ProblemError | null) {
  return problem ? { bytes: concat([]), problem: problem.code } : { bytes: concat(chunks) };
}

/** Returns a source that yields each chunk with a read of its own, like a slow connection. */
function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
  const waiting = [...chunks];
  return {
    read(into) {
      // A real body detaches the caller's view.
      const { byteOffset, length } = into;
      const memory = new Uint8Array(
        structuredClone(into.buffer, { transfer: [into.buffer] }),
        byteOffset,
        length,
      );
      const chunk = waiting.shift() ?? new Uint8Array();
      memory.set(chunk.subarray(0, memory.length));
      if (chunk.length > memory.length) waiting.unshift(chunk.subarray(memory.length));
      return Promise.resolve(memory.subarray(0, chunk.length));
    },
  };
}

/** Cuts a body into chunks that end at these offsets. */
export function cut(body: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(at.map((place) => place % body.length))].toSorted((a, b) => a - b);
  return [...cuts, body.length]
    .map((end, index) => body.subarray(cuts[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}
