import type { Limits } from "../../protocol/index.ts";

/**
 * Returns the `accept` of a dialog for files: undefined if all are accepted. It only preselects; files
 * that a person chooses all the same are refused by `FileFilter`.
 */
export function acceptOf({
  types,
  extensions,
}: Pick<Limits, "types" | "extensions">): string | undefined {
  // Browsers take entries as alternatives, and a file needs an accepted extension in any case. Dialogs
  // of macOS compare only what follows the last dot.
  const entries = extensions?.map((extension) => `.${extension.split(".").at(-1)}`) ?? types;
  return entries && [...new Set(entries)].join(",");
}
