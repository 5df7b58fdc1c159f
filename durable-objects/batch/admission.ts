import { fileError, type FileError, type Row } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type FileRecord, isFinalFailure, isStored, fileRow } from "./file.ts";
import type { OpenBatch } from "./transaction.ts";
import type { Store } from "./store.ts";
import type { BatchLimits } from "./limits.ts";

/** What the Worker must know of a file before it takes the file's bytes. */
export interface Admission {
  id: number;
  name: string;
  size: number;
  /** As declared; "" where the client did not know. */
  type: string;
  /** Hex, where the client declared it. */
  sha256?: string;
  /** Where its object goes. */
  folder: string;
  /** Media types that its batch takes; null for any. */
  types: BatchLimits["types"];
  row: Row;
  /** `send`: its bytes are wanted; `have`: they are stored already; else why they are not wanted. */
  decision: "send" | "have" | FileError;
}

/** What to know of up to `count` files from `first` on; ids beyond the last are left out. */
export function admissions(
  { config, tally }: OpenBatch,
  store: Store,
  first: number,
  count: number,
): Admission[] {
  const { folder } = config;
  const types = config.grantLimits?.types ?? null;
  const files = tally.files.slice(first, first + count);
  const manifest = store.manifest(first, first + files.length);
  return files.flatMap((file, index) => {
    const declared = manifest[index];
    return declared ? [{ folder, types, ...admissionOf(first + index, declared, file) }] : [];
  });
}

function admissionOf(id: number, declared: FileDeclaration, file: FileRecord) {
  const { name, size, type = "", sha256 } = declared;
  const known = { id, name, size, type, ...(sha256 && { sha256 }) };
  return { ...known, row: fileRow(id, file), decision: decide(file) };
}

function decide(file: FileRecord): Admission["decision"] {
  if (file.state === "cancelled") {
    return fileError("file_cancelled", "Declare the file again if it is wanted after all.");
  }
  if (file.error && isFinalFailure(file)) return file.error;
  if (file.state === "failed") return "send";
  return isStored(file) ? "have" : "send";
}
