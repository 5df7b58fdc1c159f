import { LIMITS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/grant-limits.ts";
import { settings } from "../settings.ts";

/** What one batch may hold: what the server allows, narrowed by the grant that created it. */
export interface BatchLimits {
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
export function batchLimits(env: Env, limits: GrantLimits | null = null): BatchLimits {
  const { batchFiles, batchBytes, fileBytes } = settings(env);
  const { maxFiles, maxBytes, maxFileBytes, types = null } = limits ?? {};
  return {
    files: lowest(LIMITS.files, batchFiles, maxFiles),
    bytes: lowest(batchBytes, maxBytes),
    fileBytes: lowest(LIMITS.fileBytes, fileBytes, maxFileBytes),
    types,
  };
}

/** What is not set limits nothing. */
function lowest(...limits: (number | null | undefined)[]): number {
  return Math.min(...limits.map((limit) => limit ?? Infinity));
}

/** A media type without its parameters. */
export function essence(type: string): string {
  return (type.split(";")[0] ?? "").trim().toLowerCase();
}

/** Do the limits take files of this media type? */
export function acceptsType({ types }: Pick<BatchLimits, "types">, type: string): boolean {
  if (types === null) return true;
  const plain = essence(type);
  return types.some((taken) =>
    taken.endsWith("/*") ? plain.startsWith(taken.slice(0, -1)) : plain === taken,
  );
}
