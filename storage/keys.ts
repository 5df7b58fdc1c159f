/** Bytes of a file's name within its key. R2 allows 1,024 for a key, and a grant's prefix takes 256. */
const NAME_BYTES = 512;

/** Most bytes of one UTF-16 code unit in UTF-8. */
const UTF8_BYTES = 3;

/** The values that make up the key of a file's object. */
export interface FileLocation {
  /** The batch's folder, as `batchFolder` returns it. */
  folder: string;
  /** The file's id in its batch. */
  id: number;
  /** The file's name as declared. */
  name: string;
  /** The key that was recorded when the file was stored. */
  key?: string;
}

/** A multipart upload that R2 accepts parts of. */
export interface MultipartUpload {
  /** R2's id. */
  id: string;
  /** Key of the object that it becomes. */
  key: string;
}

/**
 * Returns the prefix of all keys of a batch, with a slash at its end.
 *
 * @param prefix folders that come before it, each with a slash at its end
 */
export function batchFolder(batch: string, prefix = ""): string {
  return `${prefix}${batch}/`;
}

/**
 * Returns the key of a file's object: `{folder}{id}/{safe name}`. Folder and id already make it
 * unique; the name is for people who browse the bucket. A recorded key is used as it is, because a
 * later version, or a newer table of Unicode, may compute another one.
 */
export function objectKey({ folder, id, name, key }: FileLocation): string {
  return key ?? `${folder}${id}/${safeName(name)}`;
}

/** Returns the key of a batch's contact sheet. */
export function sheetKey(folder: string, sheet: number): string {
  return `${folder}sheets/${sheet}`;
}

/** Returns the number of the contact sheet that a key belongs to; NaN if it belongs to none. */
export function sheetOf(folder: string, key: string): number {
  const [kind, number = ""] = key.slice(folder.length).split("/");
  return kind === "sheets" && number !== "" ? Number(number) : NaN;
}

/** Returns the id of the file that a key belongs to; NaN if the key has none. */
export function fileIdOf(folder: string, key: string): number {
  return Number(key.slice(folder.length).split("/")[0]);
}

/** Returns the name without folders and without characters that a path, shell or terminal obeys. */
export function safeName(name: string): string {
  const base = name.split(/[/\\]/u).at(-1) ?? "";
  const plain = base
    .normalize("NFC")
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Extended_Pictographic} ._()+@-]/gu, "_");
  const visible = plain.trim().replace(/^\.+/u, "_");
  return truncate(visible, NAME_BYTES) || "file";
}

/** Returns at most `bytes` bytes of a name: the stem is cut, so that the extension stays. */
export function truncate(name: string, bytes: number): string {
  if (name.length * UTF8_BYTES <= bytes) return name;
  const encoded = new TextEncoder().encode(name);
  if (encoded.length <= bytes) return name;
  const extension = /\.[\w-]{1,16}$/u.exec(name)?.[0] ?? "";
  const stem = new TextDecoder().decode(encoded.subarray(0, bytes - extension.length));
  // A character that was cut in the middle is decoded as U+FFFD.
  return stem.replace(/\uFFFD+$/u, "") + extension;
}
