/** A time that was shown, in seconds; null while none was. */
interface ShownTime {
  /** Seconds since the start. */
  at: number;
  shown: number | null;
}

/** Shorter actual times would count rounding as errors. */
const SHORTEST_S = 2;

/** Returns the errors of all shown times, as shares of the actual ones. The last entry is the end. */
export function absoluteErrors(series: readonly ShownTime[]): number[] {
  const end = series.at(-1)?.at ?? 0;
  return series.flatMap(({ at, shown }) =>
    shown === null || end - at < SHORTEST_S ? [] : Math.abs(shown / (end - at) - 1),
  );
}

/** Returns the value below which this share of the numbers is. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}
