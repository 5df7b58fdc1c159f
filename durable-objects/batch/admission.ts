import { fileError, type FileError, type Row } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type FileRecord, isStored, rowOf } from "./file-record.ts";

/** What the Worker must know of a file before it takes the file's bytes. */
export interface Admission {
  id: number;
  name: string;
  size: number;
  /** As declared; "" where the client did not know. */
  type: string;
  /** Hex, where the client declared it. */
  sha256?: string;
  row: Row;
  /** `send`: its bytes are wanted; `have`: they are stored already; else why they are not wanted. */
  verdict: "send" | "have" | FileError;
}

export function admissionOf(id: number, declared: FileDeclaration, file: FileRecord): Admission {
  const { name, size, type = "", sha256 } = declared;
  const known = { id, name, size, type, ...(sha256 && { sha256 }) };
  return { ...known, row: rowOf(id, file), verdict: verdictOn(file) };
}

function verdictOn(file: FileRecord): Admission["verdict"] {
  if (file.state === "cancelled") {
    return fileError("file_cancelled", "Declare the file again if it is wanted after all.");
  }
  if (file.state === "failed") return file.error?.retryable === false ? file.error : "send";
  return isStored(file) ? "have" : "send";
}
