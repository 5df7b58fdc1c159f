import type { SimulatedObject } from "../platform/object.ts";
import type { Witness } from "./batch-invariants.ts";
import type { World } from "../world.ts";

/** What should not be left, or should be, when all batches are long over and forgotten. */
export function* problemsOfRemains(
  { bucket, objects }: World,
  witnesses: ReadonlyMap<string, Witness>,
): Generator<string> {
  for (const object of objects.values()) yield* problemsOfRecords(object);
  for (const witness of witnesses.values()) yield* problemsOfFiles(witness);
  for (const key of bucket.objects.keys()) {
    const [batch = "", file] = key.split("/");
    yield* problemsOfObject(witnesses.get(batch), Number(file));
  }
  for (const [id, { key }] of bucket.uploads) {
    const known = witnesses.get(key.split("/")[0] ?? "")?.history.uploads.has(id);
    // Of one that its batch was never told of, R2's own lifecycle rule is in charge.
    if (known) yield `a multipart upload of ${key} is still open`;
  }
}

function* problemsOfRecords({ name, disk }: SimulatedObject): Generator<string> {
  if (disk.values.size > 0) yield `${name} is still there, with alarm ${disk.alarm?.time}`;
}

function* problemsOfFiles(witness: Witness): Generator<string> {
  if (witness.isDoomed) return;
  for (const [id, { state }] of (witness.history.last?.files ?? []).entries()) {
    const problem = state === "completed" ? witness.problemOfObject(id) : null;
    if (problem !== null) yield problem;
  }
}

function* problemsOfObject(witness: Witness | undefined, file: number): Generator<string> {
  const state = witness?.history.last?.files[file]?.state;
  if (witness?.isDoomed) yield `an object of file ${file} is left of a deleted batch`;
  else if (state !== "completed") yield `R2 keeps an object of file ${file}, which is ${state}`;
}
