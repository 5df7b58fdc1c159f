import type { Source } from "../../client/index.ts";
import { words } from "../i18n/box.ts";
import { isEditable } from "../ui/is-editable.ts";
import { pastedName } from "./pasted-name.ts";
import { carriesFiles, type IncomingFiles, readDrop } from "./read-drop.ts";

/** Elements whose text isn't shown. */
const HIDDEN = "script, style, title";

/** A picture that isn't a file on disk is as old as its paste. */
const PASTE_MS = 5000;

/**
 * Returns the files of a paste; null if it is text. The types alone don't tell: office programs add a
 * picture of copied text, browsers the HTML of a copied picture, file managers the names of files.
 */
export function readPaste(event: ClipboardEvent): IncomingFiles | null {
  const { clipboardData: transfer } = event;
  if (transfer === null || !carriesFiles(transfer)) return null;
  const plain = transfer.getData("text/plain").trim();
  const html = transfer.getData("text/html");
  if (plain !== "" && isEditable(event)) return null;
  const { files, folders, root } = readDrop(transfer);
  const text = html === "" ? plain : shownText(html);
  if (text !== "" && !areNames(text, [...files, ...folders])) return null;
  event.preventDefault();
  // All of them are on disk, and folders among them are found by their names.
  if (root !== undefined) return { files, folders, root };
  // A copied picture may come in several formats.
  const pictures = html === "" ? files : files.slice(0, 1);
  return { files: pictures.map(named), folders };
}

function shownText(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of body.querySelectorAll(HIDDEN)) element.remove();
  return body.textContent.trim();
}

/** True if each line is the name, path or URL of one of the files. */
function areNames(text: string, files: readonly { name: string }[]): boolean {
  const names = new Set(files.map(({ name }) => name));
  return text.split(/[\r\n]+/u).every((line) => {
    const last = line.trim().replace(/\/$/u, "").split(/[/\\]/u).at(-1) ?? "";
    return names.has(last) || names.has(decoded(last));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Names a picture by the moment of the paste, as browsers name all of them `image.png`. */
function named(file: File | Source): File | Source {
  if (!(file instanceof File) || !file.type.startsWith("image/")) return file;
  const isOnDisk = Math.abs(Date.now() - file.lastModified) > PASTE_MS;
  return isOnDisk ? file : new File([file], pastedName(file, new Date(), words.pick.pasted), file);
}
