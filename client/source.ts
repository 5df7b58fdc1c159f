import {
  type FileDeclaration,
  type FileResource,
  isMediaType,
  NAME_CHARACTERS,
  PATH_CHARACTERS,
  replaceControlCharacters,
  replaceDotSegments,
  toWellFormed,
  TYPE_CHARACTERS,
  withoutParameters,
} from "../protocol/index.ts";
import type { LedgerFile } from "./ledger.ts";

/**
 * A file to upload. Its content is a Blob: a `File` in a browser, the result of `openFile` in Node.
 *
 * @example
 * const source: Source = { name: "notes.txt", blob: new Blob(["Hello"]) };
 */
export interface Source {
  name: string;
  /** Folder and name as people see them, with `/` between. */
  path?: string;
  /** Media type; default: the blob's. */
  type?: string;
  /** Milliseconds since 1970. */
  lastModified?: number;
  blob: Blob;
}

/**
 * Returns the declaration of a file, with everything replaced that the protocol doesn't allow.
 *
 * File systems allow more in a name than the protocol does, and the server refuses a whole
 * declaration for one invalid entry.
 */
export function declarationOf(source: Source): FileDeclaration {
  const path = plainText(source.path ?? "", PATH_CHARACTERS);
  return {
    name: plainText(source.name, NAME_CHARACTERS) || "unnamed",
    size: source.blob.size,
    type: plainType(source.type ?? source.blob.type),
    ...(path !== "" && { path }),
    ...(Number.isFinite(source.lastModified) && { lastModified: source.lastModified }),
  };
}

/** Returns the ledger's entry for a file that was declared here, or that the server listed. */
export function ledgerFile(file: FileDeclaration | FileResource): LedgerFile {
  const { name, path, size, type, lastModified } = file;
  return { name, path: path ?? null, size, type: type ?? "", lastModified };
}

function plainText(text: string, characters: number): string {
  const wellFormed = toWellFormed(text.slice(0, characters));
  return replaceDotSegments(replaceControlCharacters(wellFormed, "\u{FFFD}"), "_");
}

/** Returns the media type without its parameters, or "" if it isn't valid. */
function plainType(type: string): string {
  const plain = withoutParameters(type);
  return isMediaType(plain) && plain.length <= TYPE_CHARACTERS ? plain : "";
}
