import { fileTypeFromBuffer, supportedMimeTypes } from "file-type";
import { essence, typeError } from "../../durable-objects/index.ts";
import type { Admission } from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";
import { detectOrDeclared, UNKNOWN_TYPE } from "./inspect.ts";

/** Formats that others are made of, and the types that a file may be declared as then. */
const CONTAINERS: Readonly<Record<string, RegExp>> = {
  "application/xml": /[/+]xml$/u,
  "application/zip": /^application\/(?:.*\+zip|.*-zip-.*|vnd\..*)$/u,
  "application/x-cfb": /^application\/(?:msword|vnd\.ms-.*)$/u,
};

/**
 * The media type of a file, which its batch must take.
 *
 * @throws ProblemError `type_refused`
 */
export async function acceptedType(
  head: Uint8Array,
  { type: declared, types }: Pick<Admission, "type" | "types">,
): Promise<string> {
  if (types === null) return detectOrDeclared(head, declared);
  const type = await detectedType(head, declared);
  const refusal = typeError(type, { types });
  if (refusal) throw ProblemError.from(refusal);
  return type;
}

/** The declared type is believed only where first bytes never tell it. */
async function detectedType(head: Uint8Array, declared: string): Promise<string> {
  const found = (await fileTypeFromBuffer(head).catch(() => undefined))?.mime;
  const plain = essence(declared);
  const isBelieved = plain !== "" && !supportedMimeTypes.has(plain);
  if (found === undefined) return isBelieved ? declared : UNKNOWN_TYPE;
  return isBelieved && CONTAINERS[found]?.test(plain) ? declared : found;
}
