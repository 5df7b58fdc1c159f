import { ProblemError } from "../http/problem.ts";
import type { ByteSource } from "../streams/reader.ts";
import { parseForm } from "../multipart/parser.ts";
import { concat, FORM_TYPE } from "./multipart.ts";

/** Of the forms that are read here. */
export const FORM_LIMITS = {
  parts: 100,
  bytes: 1_000_000,
  exceeded: () => new ProblemError("bundle_too_large", "Too much."),
};

export interface ReadPart {
  name: string;
  filename: string | undefined;
  bytes: Uint8Array;
}

interface ReadForm {
  /** The parts that came whole. */
  parts: ReadPart[];
  problem: unknown;
}

/** Reads a form as a Worker gets it: in chunks that are cut anywhere. */
export async function collectForm(
  chunks: readonly Uint8Array[],
  { type = FORM_TYPE, limits = FORM_LIMITS } = {},
): Promise<ReadForm> {
  const parts: ReadPart[] = [];
  let open: { name: string; filename: string | undefined; chunks: Uint8Array[] } | null = null;
  try {
    for await (const event of parseForm({ type, body: sourceOf(chunks) }, limits)) {
      if (event.event === "part") {
        open = { name: event.part.name, filename: event.part.filename, chunks: [] };
      } else if (event.event === "bytes") open?.chunks.push(event.bytes.slice());
      else if (open) {
        parts.push({ name: open.name, filename: open.filename, bytes: concat(open.chunks) });
        open = null;
      }
    }
    return { parts, problem: null };
  } catch (problem) {
    return { parts, problem };
  }
}

/** As from a connection that is slower than its reader: nothing comes with what comes after it. */
function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
  const waiting = [...chunks];
  return {
    read(into) {
      // The caller's view is void from now on, as a real body's is.
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

/** The body in chunks that end at those places. */
export function cut(body: Uint8Array, at: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(at.map((place) => place % body.length))].toSorted((a, b) => a - b);
  return [...cuts, body.length]
    .map((end, index) => body.subarray(cuts[index - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
}
