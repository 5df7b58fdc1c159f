import type { Amount } from "./messages.ts";

export const NOTHING: Amount = { files: 0, bytes: 0 };

export function sum(a: Amount, b: Amount): Amount {
  return { files: a.files + b.files, bytes: a.bytes + b.bytes };
}

export function total(amounts: readonly Amount[]): Amount {
  return amounts.reduce(sum, NOTHING);
}

export function difference(a: Amount, b: Amount): Amount {
  return { files: a.files - b.files, bytes: a.bytes - b.bytes };
}

/** Returns what `a` has more than `b`, and 0 where it has less. */
export function excess(a: Amount, b: Amount): Amount {
  return atLeast(difference(a, b), NOTHING);
}

/** Returns the larger number of files, and the larger number of bytes. */
export function atLeast(a: Amount, b: Amount): Amount {
  return { files: Math.max(a.files, b.files), bytes: Math.max(a.bytes, b.bytes) };
}

/** Returns the smaller number of files, and the smaller number of bytes. */
export function atMost(a: Amount, b: Amount): Amount {
  return { files: Math.min(a.files, b.files), bytes: Math.min(a.bytes, b.bytes) };
}

export function isNothing({ files, bytes }: Amount): boolean {
  return files === 0 && bytes === 0;
}
