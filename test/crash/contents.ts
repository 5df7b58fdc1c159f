import { createHash } from "node:crypto";
import type { Source } from "../../client/index.ts";
import type { Random } from "../simulation/random.ts";

/** A file to upload, and what should be there of it. */
export interface Content {
  source: Source;
  /** Hex. */
  sha256: string;
}

/** Sizes in bytes: of files that share bundles, of one that goes alone, and of one in two parts. */
const SMALL = { count: 40, least: 0, most: 30_000 };
const WHOLE = { count: 1, least: 4_500_000, most: 5_000_000 };
const PARTED = { count: 1, least: 8_400_000, most: 9_000_000 };

/** The files of one batch: every way of uploading has its share. */
export function contentsOf(random: Random): Content[] {
  return [SMALL, WHOLE, PARTED].flatMap(({ count, least, most }) =>
    Array.from({ length: count }, (_, index) =>
      contentOf(random, random.whole(least, most), index),
    ),
  );
}

function contentOf(random: Random, size: number, index: number): Content {
  // A pattern that no two files share: a number for each byte would take longer than the upload.
  const pattern = random.fillBytes(Buffer.alloc(1021));
  const bytes = Buffer.alloc(size, pattern);
  const source = { name: `${size}-${index}`, blob: new Blob([bytes]) };
  return { source, sha256: sha256(bytes) };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
