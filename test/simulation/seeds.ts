const LEFT_WHOLE = "a file whose parts were all there, back in the queue, was never put together";

/** Every seed whose life once went wrong, and what it found. */
export const KNOWN_SEEDS: readonly { seed: number; found: string }[] = [
  { seed: 92, found: LEFT_WHOLE },
  { seed: 3002, found: LEFT_WHOLE },
  { seed: 3093, found: LEFT_WHOLE },
  { seed: 2_823_044_000, found: LEFT_WHOLE },
];
