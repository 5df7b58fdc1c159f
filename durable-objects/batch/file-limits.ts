import { fileError, type FileError } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type FileRecord, isFinalFailure, newFile, rejectedFile } from "./file.ts";
import { acceptsType, type BatchLimits } from "./limits.ts";

/**
 * Declared files as the tally begins with them: queued, or failed at once where a limit refuses them.
 *
 * @param taken bytes of the batch's files so far
 */
export function declaredFiles(
  files: readonly FileDeclaration[],
  limits: BatchLimits,
  taken: number,
): FileRecord[] {
  let bytes = taken;
  return files.map((file) => {
    const refusal = declarationError(file, limits, bytes);
    if (refusal) return rejectedFile(file.size, refusal);
    bytes += file.size;
    return newFile(file.size);
  });
}

/** Bytes of the files that are in a batch, or may still come. */
export function countedBytes(files: readonly FileRecord[]): number {
  const counted = files.filter((file) => file.state !== "cancelled" && !isFinalFailure(file));
  return counted.reduce((sum, { size }) => sum + size, 0);
}

/**
 * Why a limit refuses a declared file; null where none does. Of a file whose type the client does not
 * know, its first bytes will tell.
 */
export function declarationError(
  { size, type = "" }: Pick<FileDeclaration, "size" | "type">,
  limits: BatchLimits,
  taken: number,
): FileError | null {
  if (size > limits.fileBytes) {
    return tooLarge(`The file has ${size} bytes; a file may have ${limits.fileBytes} at most.`);
  }
  if (taken + size > limits.bytes) {
    return tooLarge(`With this file the batch would have more than ${limits.bytes} bytes.`);
  }
  return type === "" ? null : typeError(type, limits);
}

/** Why files of this media type are not taken; null where they are. */
export function typeError(type: string, limits: Pick<BatchLimits, "types">): FileError | null {
  if (acceptsType(limits, type)) return null;
  const taken = limits.types?.join(", ");
  return fileError("type_refused", `Choose a file of another type: this is ${type}, not ${taken}.`);
}

function tooLarge(detail: string): FileError {
  return fileError("too_large", detail);
}
