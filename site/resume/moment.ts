import { locale } from "../i18n/index.ts";
import { momentsFor } from "../i18n/moments.ts";

/** A moment in the reader's language. @param iso ISO 8601 */
export const moment = momentsFor(locale);
