import { LIMITS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/grant-limits.ts";
import { limitOf } from "../limit.ts";
import type { BatchCharter } from "./store.ts";

/** What one batch may hold: what the server allows, narrowed by the grant that created it. */
export interface Terms {
  /** Files in the batch. */
  files: number;
  /** Bytes of all of them; Infinity where there is no such limit. */
  bytes: number;
  /** Bytes of one of them. */
  fileBytes: number;
  /** Media types, or such as `image/*` for all of a kind; null for any. */
  types: readonly string[] | null;
}

/** What the operator allows (`BATCH_FILES`, `BATCH_BYTES`, `FILE_BYTES`), narrowed by a grant. */
export function termsOf(env: Env, limits: GrantLimits | null = null): Terms {
  const { maxFiles, maxBytes, maxFileBytes, types = null } = limits ?? {};
  return {
    files: leastOf(LIMITS.files, limitOf(env.BATCH_FILES), maxFiles),
    bytes: leastOf(limitOf(env.BATCH_BYTES), maxBytes),
    fileBytes: leastOf(LIMITS.fileBytes, limitOf(env.FILE_BYTES), maxFileBytes),
    types,
  };
}

/** What is not set limits nothing. */
function leastOf(...limits: (number | null | undefined)[]): number {
  return Math.min(...limits.map((limit) => limit ?? Infinity));
}

/** Where a batch's objects lie: their keys begin so. */
export function folderOf({ id, limits }: Pick<BatchCharter, "id" | "limits">): string {
  return `${limits?.prefix ?? ""}${id}/`;
}

/** A media type without its parameters. */
export function plainType(type: string): string {
  return (type.split(";")[0] ?? "").trim().toLowerCase();
}

/** Do the terms take files of this media type? */
export function takesType({ types }: Pick<Terms, "types">, type: string): boolean {
  if (types === null) return true;
  const plain = plainType(type);
  return types.some((taken) =>
    taken.endsWith("/*") ? plain.startsWith(taken.slice(0, -1)) : plain === taken,
  );
}
