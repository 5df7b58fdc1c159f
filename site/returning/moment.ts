import { locale } from "../words/index.ts";
import { momentsFor } from "../words/moments.ts";

/** A moment in the reader's language. @param iso ISO 8601 */
export const moment = momentsFor(locale);
