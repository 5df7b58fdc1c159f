import {
  type FileDeclaration,
  NAME_CHARACTERS,
  PATH_CHARACTERS,
  TYPE_CHARACTERS,
  type FileResource,
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

const CONTROL = /\p{Cc}/gu;
const DOT_SEGMENT = /(?<=^|[/\\])\.{1,2}(?=$|[/\\])/gu;

function plainText(text: string, characters: number): string {
  return text
    .slice(0, characters)
    .toWellFormed()
    .replace(CONTROL, "\u{FFFD}")
    .replace(DOT_SEGMENT, "_");
}

const TOKEN = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/u;

/** Returns the media type without its parameters, or "" if it isn't valid. */
function plainType(type: string): string {
  const essence = type.split(";", 1).join("").trim();
  return TOKEN.test(essence) && essence.length <= TYPE_CHARACTERS ? essence : "";
}
