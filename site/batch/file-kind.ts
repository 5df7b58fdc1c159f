import type { Ledger } from "../../client/index.ts";

/** The word for the files of a batch. */
export type FileKind = "photo" | "video" | "file";

/** Returns the kind that all files have; `file` for different kinds, and for others. */
export function fileKind(ledger: Pick<Ledger, "count" | "type" | "state">): FileKind {
  let common: FileKind | null = null;
  for (let id = 0; id < ledger.count; id++) {
    if (ledger.state(id) === "cancelled") continue;
    const kind = kindOf(ledger.type(id));
    if (kind === "file" || (common ?? kind) !== kind) return "file";
    common = kind;
  }
  return common ?? "file";
}

function kindOf(type: string): FileKind {
  if (type.startsWith("image/")) return "photo";
  return type.startsWith("video/") ? "video" : "file";
}
