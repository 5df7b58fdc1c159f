import { truncate } from "../../storage/keys.ts";

/** Bytes of one segment of a path. File systems allow 255, and a number may follow. */
const SEGMENT_BYTES = 240;

/** Folders around a file. Each of ten thousand files may name hundreds that no other one has. */
const MAX_FOLDERS = 32;

/** The name of a file that has none. */
const NAMELESS = "file";

/** One or more drives at the start of a path. */
const DRIVE = /^(?:\s*[a-z]:)+/iu;

/** Characters that a path may have, but no name on Windows. Extracting there would stop at them. */
const RESERVED_CHARACTERS = /[<>:"|?*]/gu;

/** Control characters, separators of lines, and characters that reverse the direction of a text. */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Names of devices on Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³]) *(?=\.|$)/iu;

/**
 * Returns the paths of files in an archive, in which no extractor leaves its folder. Paths of which a file
 * system would keep only one, such as two that differ only in case, are numbered.
 *
 * @param paths the declared ones
 */
export function entryNames(paths: readonly string[]): string[] {
  const cleaned = paths.map((path) => cleanPath(path));
  const names = new UniqueNames(cleaned);
  return cleaned.map((path) => names.add(path));
}

/** Returns the path without drive, root, `.` and `..`. Backslashes separate folders, too. */
function cleanPath(path: string): string {
  const visible = path.toWellFormed().normalize("NFC").replace(INVISIBLE, "");
  const segments = visible.replace(DRIVE, "").split(/[/\\]/u);
  const name = segments.pop() ?? "";
  const folders = segments.map((segment) => cleanSegment(segment)).filter(Boolean);
  folders.splice(MAX_FOLDERS);
  return [...folders, cleanSegment(name) || NAMELESS].join("/");
}

/** Windows drops dots and spaces at the end, so that `.. ` would be `..` there. */
function cleanSegment(segment: string): string {
  const plain = segment.replace(RESERVED_CHARACTERS, "_").replace(DEVICE, "_$&");
  return truncate(plain, SEGMENT_BYTES).replace(/[. ]+$/u, "");
}

/** Numbers names that are taken. */
class UniqueNames {
  readonly #taken = new Set<string>();
  /** The last number that was tried for a name. */
  readonly #numbers = new Map<string, number>();

  /** A file can't have the name of a folder. */
  constructor(paths: readonly string[]) {
    for (const path of paths) this.#takeFolders(path);
  }

  /** Returns the name, or else the first of ` (2)`, ` (3)`, … that is free. */
  add(name: string): string {
    const key = keyOf(name);
    let free = name;
    for (let number = this.#numbers.get(key) ?? 2; this.#taken.has(keyOf(free)); number++) {
      free = numbered(name, number);
      this.#numbers.set(key, number + 1);
    }
    this.#taken.add(keyOf(free));
    return free;
  }

  #takeFolders(path: string): void {
    for (let key = folderOf(keyOf(path)); key !== ""; key = folderOf(key)) {
      // A folder that is taken was taken with those around it.
      if (this.#taken.has(key)) return;
      this.#taken.add(key);
    }
  }
}

/** Returns the folder of a path; "" for none. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Returns what is equal for names that a file system may take for one. */
function keyOf(name: string): string {
  // In upper case first, as `ß` and `ss` are one name to some.
  return name.toUpperCase().toLowerCase().normalize("NFC");
}

/** Returns the name with a number before its extension. */
function numbered(name: string, number: number): string {
  const extension = /(?<=[^/])\.[^./\s]{1,16}$/u.exec(name)?.[0] ?? "";
  return `${name.slice(0, name.length - extension.length)} (${number})${extension}`;
}
