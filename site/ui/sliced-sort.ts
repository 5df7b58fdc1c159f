import { SLICE_MS, yieldToMain } from "../ui/yield-to-main.ts";

type Compare = (a: number, b: number) => number;

/**
 * Sorts ids in slices, so that the page stays responsive: comparing 10,000 names by the rules of a
 * language takes longer than a frame.
 *
 * @returns a new array, sorted stably; null once `signal` is aborted
 */
export async function sortInSlices(
  ids: Uint32Array,
  compare: Compare,
  signal: AbortSignal,
): Promise<Uint32Array | null> {
  const steps = mergeSort(ids, compare);
  for (;;) {
    const until = performance.now() + SLICE_MS;
    let step = steps.next();
    while (step.done !== true && performance.now() < until) step = steps.next();
    if (step.done === true) return step.value;
    await yieldToMain();
    if (signal.aborted) return null;
  }
}

/** A bottom-up merge sort that yields after every merge. */
function* mergeSort(ids: Uint32Array, compare: Compare): Generator<void, Uint32Array> {
  let [from, to] = [ids.slice(), new Uint32Array(ids.length)];
  for (let run = 1; run < ids.length; run *= 2) {
    for (let first = 0; first < ids.length; first += 2 * run) {
      merge(from, to, { first, run, compare });
      yield;
    }
    [from, to] = [to, from];
  }
  return from;
}

interface Runs {
  /** Index at which the first of two adjacent sorted runs starts. */
  first: number;
  /** Length of each run; the last ones may be shorter. */
  run: number;
  compare: Compare;
}

function merge(from: Uint32Array, to: Uint32Array, { first, run, compare }: Runs): void {
  const middle = Math.min(first + run, from.length);
  const end = Math.min(middle + run, from.length);
  // Most folders are read in order, in which one comparison is enough.
  if (middle >= end || isInOrder(from, middle, compare))
    return to.set(from.subarray(first, end), first);
  let [left, right] = [first, middle];
  for (let place = first; place < end; place++) {
    const [a = 0, b = 0] = [from[left], from[right]];
    const isLeft = left < middle && (right >= end || compare(a, b) <= 0);
    to[place] = isLeft ? a : b;
    if (isLeft) left += 1;
    else right += 1;
  }
}

/** True if the run that ends before `middle` and the one that starts there are in order as they are. */
function isInOrder(from: Uint32Array, middle: number, compare: Compare): boolean {
  return compare(from[middle - 1] ?? 0, from[middle] ?? 0) <= 0;
}
