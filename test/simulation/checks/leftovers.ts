import type { SimulatedObject } from "../platform/object.ts";
import type { BatchInvariants } from "./batch-invariants.ts";
import type { World } from "../world.ts";

/** What should not be left, or should be, when all batches are long over and forgotten. */
export function* leftoverProblems(
  { bucket, objects }: World,
  witnesses: ReadonlyMap<string, BatchInvariants>,
): Generator<string> {
  for (const object of objects.values()) yield* recordProblems(object);
  for (const witness of witnesses.values()) yield* fileProblems(witness);
  for (const key of bucket.objects.keys()) {
    const [batch = "", file] = key.split("/");
    yield* objectProblems(witnesses.get(batch), Number(file));
  }
  for (const [id, { key }] of bucket.uploads) {
    const known = witnesses.get(key.split("/")[0] ?? "")?.history.uploads.has(id);
    // Of one that its batch was never told of, R2's own lifecycle rule is in charge.
    if (known) yield `a multipart upload of ${key} is still open`;
  }
}

function* recordProblems({ name, disk }: SimulatedObject): Generator<string> {
  if (disk.values.size > 0) yield `${name} is still there, with alarm ${disk.alarm?.time}`;
}

function* fileProblems(witness: BatchInvariants): Generator<string> {
  if (witness.isDeletionRequested) return;
  for (const [id, { state }] of (witness.history.lastExisting?.files ?? []).entries()) {
    const problem = state === "completed" ? witness.problemOfObject(id) : null;
    if (problem !== null) yield problem;
  }
}

function* objectProblems(witness: BatchInvariants | undefined, file: number): Generator<string> {
  const state = witness?.history.lastExisting?.files[file]?.state;
  if (witness?.isDeletionRequested) yield `an object of file ${file} is left of a deleted batch`;
  else if (state !== "completed") yield `R2 keeps an object of file ${file}, which is ${state}`;
}
