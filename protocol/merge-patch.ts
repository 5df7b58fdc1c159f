import type { Metadata } from "./resources.ts";

/**
 * Returns an object after a JSON Merge Patch (RFC 7396): null deletes a key, an object is merged, and any
 * other value replaces the one before.
 *
 * @example
 * mergePatch({ name: "a", tags: { x: 1 } }, { name: null, tags: { y: 2 } }); // { tags: { x: 1, y: 2 } }
 */
export function mergePatch(target: Metadata, patch: Metadata): Metadata {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, patchedValue(merged.get(key), value));
  }
  // Unlike an assignment, this makes an own property of every key, such as "constructor".
  return Object.fromEntries(merged);
}

function patchedValue(before: unknown, patch: unknown): unknown {
  return isObject(patch) ? mergePatch(isObject(before) ? before : {}, patch) : patch;
}

function isObject(value: unknown): value is Metadata {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
