/** The amounts that an upload is billed for. */
export interface Billed {
  /** Requests to the Worker. */
  requests: number;
  /** Requests to the Batch, with its alarms. */
  batchCalls: number;
  ownerCalls: number;
  rowsWritten: number;
  /** Time for which the Batch was in memory. */
  objectSeconds: number;
  /** R2's operations of class A: those that write or list. */
  r2A: number;
  /** Those that read one object. */
  r2B: number;
}

/**
 * Prices of the Workers Paid plan in US dollars per million, beyond the included amounts, from the
 * pricing pages of Workers, Durable Objects and R2.
 */
const PRICES = {
  requests: 0.3,
  batchCalls: 0.15,
  ownerCalls: 0.15,
  rowsWritten: 1,
  /** 128 MB for one second, at $12.50 per million GB-s. */
  objectSeconds: 0.128 * 12.5,
  r2A: 4.5,
  r2B: 0.36,
} satisfies Readonly<Record<keyof Billed, number>>;

/**
 * Returns the cost of an upload as a multiple of its R2 operations of class A, which no design can
 * avoid. Processor time is not included.
 */
export function costRatio(billed: Billed): number {
  const amounts: Readonly<Record<string, number>> = { ...billed };
  const costs = Object.entries(PRICES).map(([name, price]) => price * (amounts[name] ?? 0));
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  return total / (PRICES.r2A * billed.r2A);
}
