import {
  acceptsName,
  acceptsType,
  fileError,
  type FileError,
  LIMITS,
  usesParts,
} from "../../protocol/index.ts";
import type { FileDeclaration, GrantLimits, WrongTypes } from "../../protocol/schemas.ts";
import { sum } from "../owner/amount.ts";
import type { Amount } from "../owner/messages.ts";
import { settings } from "../settings.ts";
import { type FileRecord, isFinalFailure, newFile, rejectedFile } from "./file.ts";

/** The limits of one batch: the operator's, narrowed by the grant that created it. */
export interface BatchLimits {
  /** Number of files. */
  files: number;
  /** Bytes of all files; Infinity for no limit. */
  bytes: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Days from the end of the batch to the deletion of its files and records; Infinity for no limit. */
  keepDays: number;
  /** Accepted media types, such as `image/png` or `image/*`; null for all. */
  types: readonly string[] | null;
  /** Accepted extensions of names, in lower case and without a dot; null for all. */
  extensions: readonly string[] | null;
  /** The policy for files whose bytes contradict their declared type. */
  wrongTypes: WrongTypes;
}

/** Returns the lowest of the protocol's, the operator's and the grant's limits. */
export function batchLimits(env: Env, grantLimits: GrantLimits | null = null): BatchLimits {
  const { batchFiles, batchBytes, fileBytes, keepDays, wrongTypes } = settings(env);
  const { maxFiles, maxBytes, maxFileBytes, types = null, extensions = null } = grantLimits ?? {};
  return {
    files: lowest(LIMITS.files, batchFiles, maxFiles),
    bytes: lowest(batchBytes, maxBytes),
    fileBytes: lowest(LIMITS.fileBytes, fileBytes, maxFileBytes),
    keepDays: lowest(keepDays, grantLimits?.keepDays),
    types,
    extensions,
    wrongTypes: grantLimits?.wrongTypes ?? wrongTypes,
  };
}

function lowest(...limits: (number | null | undefined)[]): number {
  return Math.min(...limits.map((limit) => limit ?? Infinity));
}

/**
 * Returns the records of declared files: queued, or failed from the start if a limit refuses them.
 *
 * @param batchBytes bytes of the batch's other files, as `countedBytes` returns them
 */
export function declaredFiles(
  files: readonly FileDeclaration[],
  limits: BatchLimits,
  batchBytes: number,
): FileRecord[] {
  let bytes = batchBytes;
  return files.map((file) => {
    const error = declarationError(file, limits, bytes);
    if (error) return rejectedFile(file.size, error);
    bytes += file.size;
    const hasDigest = file.sha256 !== undefined && usesParts(file.size);
    return hasDigest ? { ...newFile(file.size), hasDigest } : newFile(file.size);
  });
}

/** Returns the files that count towards limits and quotas: stored files and those still expected. */
export function countedAmount(files: readonly FileRecord[]): Amount {
  const counted = files.filter((file) => file.state !== "cancelled" && !isFinalFailure(file));
  return amountOf(counted);
}

export function amountOf(files: readonly FileRecord[]): Amount {
  return { files: files.length, bytes: files.reduce((bytes, { size }) => bytes + size, 0) };
}

/**
 * Returns the files that use the owner's quota: those that count, and deleted ones. Otherwise, files that
 * are stored and deleted in turn would use none.
 *
 * @param isFinal true if no file can be sent any more
 */
export function usedAmount(files: readonly FileRecord[], isFinal: boolean): Amount {
  const deleted = files.filter(({ deletedAt }) => deletedAt !== undefined);
  const kept = isFinal ? files.filter(({ state }) => state === "completed") : files;
  return sum(countedAmount(kept), amountOf(deleted));
}

/** Returns the bytes that count towards the batch's limit. */
export function countedBytes(files: readonly FileRecord[]): number {
  return countedAmount(files).bytes;
}

/**
 * Returns the error of a declared file that a limit refuses; null if none does. A file of unknown type
 * is accepted: its first bytes decide when they arrive.
 *
 * @param batchBytes bytes of the batch's other files
 */
export function declarationError(
  file: Pick<FileDeclaration, "name" | "path" | "size" | "type">,
  limits: BatchLimits,
  batchBytes: number,
): FileError | null {
  const { size, type = "" } = file;
  if (size > limits.fileBytes) {
    return tooLarge(`The file has ${size} bytes; the limit is ${limits.fileBytes} bytes per file.`);
  }
  if (batchBytes + size > limits.bytes) {
    return tooLarge(`This file takes the batch over its limit of ${limits.bytes} bytes.`);
  }
  return extensionError(file, limits) ?? (type === "" ? null : typeError(type, limits));
}

/** Returns the error of a file whose name or path has another extension than the accepted ones. */
function extensionError(
  file: Pick<FileDeclaration, "name" | "path">,
  { extensions }: BatchLimits,
): FileError | null {
  if (acceptsName(extensions, file)) return null;
  const accepted = extensions?.map((extension) => `.${extension}`).join(", ");
  return fileError(
    "type_refused",
    `The file's name has another extension; this batch accepts ${accepted}.`,
  );
}

/** Returns the error of a file whose media type is not accepted; null if it is. */
export function typeError(type: string, limits: Pick<BatchLimits, "types">): FileError | null {
  if (acceptsType(limits.types, type)) return null;
  const accepted = limits.types?.join(", ");
  return fileError("type_refused", `The file is ${type}; this batch accepts ${accepted}.`);
}

function tooLarge(detail: string): FileError {
  return fileError("too_large", detail);
}
