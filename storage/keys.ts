/** Bytes of a file's name within its key; R2 allows 1,024 for the whole, and a grant's prefix takes 256. */
const NAME_BYTES = 512;

/**
 * Where a file lies in the bucket: `{folder}{file}/{safe name}`. Its batch's folder and its id already
 * make it unique; the name is for people who look into the bucket.
 *
 * @param folder with a slash at its end
 */
export function objectKey(folder: string, file: number, name: string): string {
  return `${folder}${file}/${safeName(name)}`;
}

/** The name without folders and without anything that a path, shell or terminal obeys. */
export function safeName(name: string): string {
  const base = name.split(/[/\\]/u).at(-1) ?? "";
  const plain = base
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic} ._()+@-]/gu, "_");
  const visible = plain.trim().replace(/^\.+/u, "_");
  return truncate(visible, NAME_BYTES) || "file";
}

/** Cuts a long name's stem, so that its extension stays. */
export function truncate(name: string, bytes: number): string {
  const encoded = new TextEncoder().encode(name);
  if (encoded.length <= bytes) return name;
  const extension = /\.[\w-]{1,16}$/u.exec(name)?.[0] ?? "";
  // A character that the cut goes through is no longer one.
  const stem = new TextDecoder().decode(encoded.subarray(0, bytes - extension.length));
  return stem.replace(/\uFFFD+$/u, "") + extension;
}
