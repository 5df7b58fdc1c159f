import { fileError, type FileError } from "../../protocol/index.ts";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { type FileRecord, isHopeless, newFile, refusedFile } from "./file.ts";
import { takesType, type Terms } from "./limits.ts";

/**
 * Declared files as the tally begins with them: queued, or failed at once where a limit refuses them.
 *
 * @param taken bytes of the batch's files so far
 */
export function declaredFiles(
  files: readonly FileDeclaration[],
  terms: Terms,
  taken: number,
): FileRecord[] {
  let bytes = taken;
  return files.map((file) => {
    const refusal = refusalOf(file, terms, bytes);
    if (refusal) return refusedFile(file.size, refusal);
    bytes += file.size;
    return newFile(file.size);
  });
}

/** Bytes of the files that are in a batch, or may still come. */
export function bytesOf(files: readonly FileRecord[]): number {
  const counted = files.filter((file) => file.state !== "cancelled" && !isHopeless(file));
  return counted.reduce((sum, { size }) => sum + size, 0);
}

/**
 * Why a limit refuses a declared file; null where none does. Of a file whose type the client does not
 * know, its first bytes will tell.
 */
export function refusalOf(
  { size, type = "" }: Pick<FileDeclaration, "size" | "type">,
  terms: Terms,
  taken: number,
): FileError | null {
  if (size > terms.fileBytes) {
    return tooLarge(`The file has ${size} bytes; a file may have ${terms.fileBytes} at most.`);
  }
  if (taken + size > terms.bytes) {
    return tooLarge(`With this file the batch would have more than ${terms.bytes} bytes.`);
  }
  return type === "" ? null : typeRefusal(type, terms);
}

/** Why files of this media type are not taken; null where they are. */
export function typeRefusal(type: string, terms: Pick<Terms, "types">): FileError | null {
  if (takesType(terms, type)) return null;
  const taken = terms.types?.join(", ");
  return fileError("type_refused", `Choose a file of another type: this is ${type}, not ${taken}.`);
}

function tooLarge(detail: string): FileError {
  return fileError("too_large", detail);
}
