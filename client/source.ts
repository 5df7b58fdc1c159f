import {
  NAME_CHARACTERS,
  PATH_CHARACTERS,
  TYPE_CHARACTERS,
  type FileResource,
} from "../protocol/index.ts";
import type { FileDeclaration } from "../protocol/schemas.ts";
import type { LedgerFile } from "./ledger.ts";

/** A file to upload. A Blob, so that browser (`File`) and Node (`openFile`) are the same. */
export interface Source {
  name: string;
  /** Folder and name as the person sees them, with `/` between. */
  path?: string;
  /** Media type; "" when unknown. */
  type?: string;
  /** Milliseconds since 1970. */
  lastModified?: number;
  blob: Blob;
}

/**
 * What the server is told about a file.
 *
 * One malformed entry would refuse all of a declaration, and file systems allow more in a name than
 * the protocol does: what it does not take is replaced here, so that one odd name stops nobody.
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

/** A declared file, or one that the server tells of, as the ledger keeps it. */
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

/** The type without its parameters, or "" for what is none. */
function plainType(type: string): string {
  const essence = type.split(";", 1).join("").trim();
  return TOKEN.test(essence) && essence.length <= TYPE_CHARACTERS ? essence : "";
}
