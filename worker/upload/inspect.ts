import { fileTypeFromBuffer } from "file-type";
import { imageSize } from "image-size";
import type { FileProperties } from "../../protocol/index.ts";

/**
 * As much of a file's beginning as is kept while it passes: `file-type` looks at 4,100 bytes, and an
 * image's size may lie behind a camera's metadata and preview.
 */
export const HEAD_BYTES = 128 * 1024;

export const UNKNOWN_TYPE = "application/octet-stream";

/** The media type that a file's first bytes tell, else the declared one. */
export async function detectOrDeclared(head: Uint8Array, declared: string): Promise<string> {
  // Damaged files are files: what cannot be understood has no type of its own.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  return found?.mime ?? (declared || UNKNOWN_TYPE);
}

/** What a file is, by its first bytes. */
export function inspect(head: Uint8Array, type: string): FileProperties {
  return type.startsWith("image/") ? { type, ...imageDimensions(head) } : { type };
}

function imageDimensions(head: Uint8Array): Pick<FileProperties, "width" | "height"> {
  try {
    const { width, height } = imageSize(head);
    // A drawing may say that it is infinitely wide.
    return [width, height].every(isPixels) ? { width, height } : {};
  } catch {
    return {};
  }
}

function isPixels(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
