import { yieldToMain, SLICE_MS } from "../ui/yield-to-main.ts";

type Compare = (a: number, b: number) => number;

/**
 * Sorts ids, the page going on in between: comparing ten thousand names as a reader's language has
 * it takes longer than a frame.
 *
 * @returns a new array, stable; null once `signal` is aborted
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

/** A merge sort from the bottom up that can be left after every merge. */
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
  /** Where the first of two sorted runs begins. */
  first: number;
  /** How long each of them is; the last ones may be shorter. */
  run: number;
  compare: Compare;
}

function merge(from: Uint32Array, to: Uint32Array, { first, run, compare }: Runs): void {
  const middle = Math.min(first + run, from.length);
  const end = Math.min(middle + run, from.length);
  let [left, right] = [first, middle];
  for (let place = first; place < end; place++) {
    const [a = 0, b = 0] = [from[left], from[right]];
    const isLeft = left < middle && (right >= end || compare(a, b) <= 0);
    to[place] = isLeft ? a : b;
    if (isLeft) left += 1;
    else right += 1;
  }
}
