import { language } from "../i18n/index.ts";
import { momentsFor } from "../i18n/moments.ts";

let momentText: ReturnType<typeof momentsFor> | null = null;

/**
 * Returns a time in the reader's language: "yesterday, 14:03".
 *
 * @param iso ISO 8601
 */
export function moment(iso: string): string {
  // Created on first use, as the reader's language is loaded after this module.
  momentText ??= momentsFor(language.locale);
  return momentText(iso);
}
