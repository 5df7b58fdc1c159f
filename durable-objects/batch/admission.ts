import { partSize, usesParts } from "../../protocol/index.ts";
import { claimCompletion } from "./completion.ts";
import { openMultipart, type PartRequests } from "./parts.ts";
import { ok, type Result, unknownFile, uploadRefusal } from "./refusals.ts";
import type { Admission, PartAdmission } from "./rpc.ts";
import type { OpenBatch } from "./transaction.ts";
import { admissions } from "./views.ts";

/** Returns the admissions of up to `count` files from id `first`. */
export function admitFiles(
  batch: OpenBatch,
  first: number,
  count: number,
  env: Env,
): Result<{ rev: number; files: Admission[] }> {
  const { tally } = batch;
  const files = () => admissions(batch, first, count, env);
  return uploadRefusal(tally) ?? ok({ rev: tally.batch.rev, files: files() });
}

/**
 * Returns the admission of one part (1, 2, 3, …) of a file. A request that is to send it is added to
 * `requests`. One whose part is stored may get the completion of the file instead.
 */
export function admitPart(
  batch: OpenBatch,
  { id, part }: { id: number; part: number },
  requests: PartRequests,
  env: Env,
): Result<PartAdmission> {
  const { tally, store } = batch;
  const refusal = uploadRefusal(tally);
  if (refusal) return refusal;
  const [file] = admissions(batch, id, 1, env);
  if (!file) return unknownFile(id);
  const isStored = store.part(id, part) !== null;
  const bytes = usesParts(file.size) ? partSize(file.size, part) : 0;
  if (!isStored && bytes > 0) requests.add(id, part);
  const multipart = openMultipart(tally.files[id]);
  const completion = isStored ? claimCompletion(batch, id, crypto.randomUUID()) : null;
  return ok({ file, bytes, multipart, isStored, completion });
}
