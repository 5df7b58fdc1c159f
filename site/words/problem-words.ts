import type { ClientCode } from "../../client/index.ts";
import { words } from "./index.ts";

const sentences: Readonly<Partial<Record<string, string>>> = words.problems;

/** What to do about a problem. A newer server may send a code that this page does not know yet. */
export function problemWords(code: ClientCode): string {
  return sentences[code] ?? words.unknownProblem;
}
