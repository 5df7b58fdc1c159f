import { type Limits, LIMITS } from "../../protocol/index.ts";
import type { BatchWords } from "../i18n/elements/en.ts";
import type { FileLimits } from "./skipped-files.ts";

type Text = BatchWords["limits"];
type AcceptedFiles = Pick<Limits, "types" | "extensions">;

/** A subtype that people know as the name of a format: `pdf`, `png`, `mp4`. */
const FORMAT = /^[a-z\d]{2,4}$/u;

/** Returns the limits of a batch in one short line; "" if it has none but the protocol's. */
export function limitsText(limits: FileLimits, text: Text): string {
  const { files, fileBytes, bytes } = limits;
  const amounts = [
    files < LIMITS.files && text.files(files),
    fileBytes < Math.min(LIMITS.fileBytes, bytes ?? Infinity) && text.fileBytes(fileBytes),
    bytes !== undefined && text.bytes(bytes),
  ].filter((amount) => amount !== false);
  const accepted = acceptedText(limits, text);
  const sentences = [
    ...(amounts.length > 0 ? [text.upTo(amounts)] : []),
    ...(accepted === "" ? [] : [text.only(accepted)]),
  ];
  return sentences.join(" ");
}

/** Returns the accepted types, such as "images, PDF"; "" if all are accepted. */
export function acceptedText({ types = [], extensions }: AcceptedFiles, text: Text): string {
  const names =
    extensions?.map((extension) => `.${extension}`) ?? types.map((type) => typeName(type, text));
  return names.length === 0 ? "" : text.types(names);
}

function typeName(type: string, { kinds }: Text): string {
  const [kind = "", subtype = ""] = type.split("/");
  if (subtype === "*") return kinds[kind] ?? type;
  const format = subtype.replace(/\+xml$/u, "");
  return FORMAT.test(format) ? format.toUpperCase() : type;
}
