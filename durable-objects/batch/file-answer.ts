import { goesInParts } from "../../protocol/index.ts";
import { answer, type Answer, unknownFile } from "./refusals.ts";
import { partDigests, partsOf } from "./parts.ts";
import type { Store } from "./store.ts";
import type { Tally } from "./tally.ts";
import { detailsOf, type SingleFileDetails } from "./views.ts";

/** One file, and what is there of it. @param digests are those of its parts wanted too? */
export function fileAnswer(
  id: number,
  tally: Tally,
  store: Store,
  digests = false,
): Answer<SingleFileDetails> {
  const [details] = detailsOf([id], tally, store);
  const file = tally.files[id];
  if (!details || !file) return unknownFile(id);
  if (!goesInParts(file.size)) return answer(details);
  const sha256 = digests && { sha256: partDigests(id, store) };
  return answer({ ...details, parts: { ...partsOf(id, file, store), ...sha256 } });
}
