import { format, whenTranslated, words as box } from "./box.ts";
import { batchWords } from "./elements/en.ts";

export { format, language } from "./box.ts";

/** The text of a batch, and of an empty uploader. The page has more: `page.ts`. */
export const words = { ...box, ...batchWords(format) };

whenTranslated((loaded) => void Object.assign(words, loaded.boxWords(), loaded.batchWords(format)));
