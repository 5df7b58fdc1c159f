import type { FileDeclaration } from "./resources.ts";
import { withoutParameters } from "./text.ts";

/** Returns a media type in lower case and without parameters. */
export function essence(type: string): string {
  return withoutParameters(type).toLowerCase();
}

/**
 * True if a media type is one of the accepted ones.
 *
 * @param accepted such as `image/png` or `image/*`; null or undefined for all
 */
export function acceptsType(accepted: readonly string[] | null | undefined, type: string): boolean {
  const plain = essence(type);
  return (
    accepted?.some((pattern) =>
      pattern.endsWith("/*") ? plain.startsWith(pattern.slice(0, -1)) : plain === pattern,
    ) ?? true
  );
}

/**
 * True if both the name and the path of a file end in an accepted extension.
 *
 * @param accepted such as `png` or `tar.gz`, in lower case; null or undefined for all
 */
export function acceptsName(
  accepted: readonly string[] | null | undefined,
  { name, path = name }: Pick<FileDeclaration, "name" | "path">,
): boolean {
  return endsIn(accepted, name) && endsIn(accepted, path);
}

function endsIn(accepted: readonly string[] | null | undefined, text: string): boolean {
  const lower = text.toLowerCase();
  return accepted?.some((extension) => lower.endsWith(`.${extension}`)) ?? true;
}
