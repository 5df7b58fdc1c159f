/** Image types that browsers can draw. */
const TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "image/avif",
  "image/bmp",
]);

/** Types that Safari draws, and others don't. */
const HEIC_TYPES: ReadonlySet<string> = new Set(["image/heic", "image/heif"]);

const EXTENSION = /\.(?:jpe?g|png|webp|gif|avif|bmp|hei[cf])$/iu;
const HEIC_EXTENSION = /\.hei[cf]$/iu;

/** A file's name, and its media type, "" if unknown. */
export interface NamedType {
  name: string;
  type: string;
}

/** True if browsers can draw images of this media type. */
export function isPictureType(type: string): boolean {
  return TYPES.has(type);
}

/** True if the file is a picture that some browser can draw. */
export function isPicture(file: NamedType): boolean {
  return isUntyped(file) ? EXTENSION.test(file.name) : isPictureType(file.type) || isHeic(file);
}

/** True for a picture as iPhones take them. Systems that don't know them give no type. */
export function isHeic({ name, type }: NamedType): boolean {
  return HEIC_TYPES.has(type) || (isUntyped({ type }) && HEIC_EXTENSION.test(name));
}

/** Clients that don't know a file's type send it without one, or as mere bytes. */
function isUntyped({ type }: Pick<NamedType, "type">): boolean {
  return type === "" || type === "application/octet-stream";
}
