import { LIMITS } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/grant-limits.ts";
import type { BatchCharter } from "./store.ts";

/** What one batch may hold: what the server allows, narrowed by the grant that created it. */
export interface Terms {
  /** Files in the batch. */
  files: number;
  /** Bytes of all of them. */
  bytes: number;
  /** Bytes of one of them. */
  fileBytes: number;
  /** Media types, or such as `image/*` for all of a kind; null for any. */
  types: readonly string[] | null;
}

export function termsOf(limits: GrantLimits = {}): Terms {
  const { maxFiles = Infinity, maxBytes = Infinity, maxFileBytes = Infinity } = limits;
  return {
    files: Math.min(LIMITS.files, maxFiles),
    bytes: maxBytes,
    fileBytes: Math.min(LIMITS.fileBytes, maxFileBytes),
    types: limits.types ?? null,
  };
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
