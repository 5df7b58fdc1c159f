/** A limit as a variable of wrangler.toml sets it; null where it is 0 and there is none. */
export function limitOf(variable: string): number | null {
  return Number(variable) || null;
}
