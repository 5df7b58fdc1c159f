import { fileError, type FileError } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type FileRecord, newFile, refusedFile } from "./file-record.ts";

/** A declared file as the tally begins with it: queued, or failed at once where a limit refuses it. */
export function declaredFile(declared: FileDeclaration, maxFileBytes: number): FileRecord {
  const refusal = refusalOf(declared, maxFileBytes);
  return refusal ? refusedFile(declared.size, refusal) : newFile(declared.size);
}

/** Why a limit refuses a declared file; null where none does. */
export function refusalOf({ size }: FileDeclaration, maxFileBytes: number): FileError | null {
  if (size <= maxFileBytes) return null;
  return fileError(
    "too_large",
    `The file has ${size} bytes; a file may have ${maxFileBytes} at most.`,
  );
}
