import { usesParts } from "../../protocol/index.ts";
import { ok, type Result, unknownFile } from "./refusals.ts";
import { partDigests, partsResource } from "./parts.ts";
import type { Store } from "./store.ts";
import type { Tally } from "./tally.ts";
import { fileDetails, type SingleFileDetails } from "./views.ts";

/** One file, and what is there of it. @param digests are those of its parts wanted too? */
export function singleFile(
  id: number,
  tally: Tally,
  store: Store,
  digests = false,
): Result<SingleFileDetails> {
  const [details] = fileDetails([id], tally, store);
  const file = tally.files[id];
  if (!details || !file) return unknownFile(id);
  if (!usesParts(file.size)) return ok(details);
  const sha256 = digests && { sha256: partDigests(id, store) };
  return ok({ ...details, parts: { ...partsResource(id, file, store), ...sha256 } });
}
