/**
 * Copies a value that is stored or passed between hosts. Several times as fast as `structuredClone`
 * for plain data, which nearly all values are.
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
