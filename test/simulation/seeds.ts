/** Every seed whose life once went wrong, and what it found. */
export const KNOWN_SEEDS: readonly { seed: number; found: string }[] = [];
