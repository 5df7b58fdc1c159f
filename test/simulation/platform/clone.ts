/**
 * A copy of what travels, or is stored: as `structuredClone` makes it, and several times as fast for
 * the plain data that it nearly always is.
 */
export function clone<T>(value: T): T;
export function clone(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => clone(item));
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) copy[key] = clone(item);
  return copy;
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value);
}
