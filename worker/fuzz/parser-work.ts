/** Bytes that are copied or decoded in the time of one call. */
const BYTES_PER_STEP = 16;

const TYPED_ARRAY: unknown = Reflect.getPrototypeOf(Uint8Array.prototype);

/** The methods by which parsers read bytes. */
const METHODS: readonly [owner: unknown, names: readonly string[]][] = [
  [DataView.prototype, ["getUint8", "getUint16", "getUint32"]],
  [TYPED_ARRAY, ["slice", "subarray", "set"]],
  [TextDecoder.prototype, ["decode"]],
];

/**
 * Returns the steps that parsers take: their calls to read bytes, and the bytes that they copy. Unlike
 * time, they are the same on every machine.
 */
export async function countSteps(parse: () => Promise<unknown>): Promise<number> {
  let steps = 0;
  const count = (bytes: number) => void (steps += 1 + bytes / BYTES_PER_STEP);
  const restore = METHODS.flatMap(([owner, names]) => {
    return names.map((name) => wrap(owner, name, count));
  });
  try {
    await parse();
  } finally {
    for (const end of restore) end();
  }
  return steps;
}

/** Counts the calls of a method, and the bytes that it copies. Returns a function that restores it. */
function wrap(owner: unknown, name: string, count: (bytes: number) => void): () => void {
  if (typeof owner !== "object" || owner === null)
    throw new TypeError("No object has that method.");
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== "function") throw new TypeError(`There is no method ${name}.`);
  const counting = function (this: unknown, ...args: readonly unknown[]): unknown {
    const result: unknown = Reflect.apply(original, this, args);
    count(name === "subarray" ? 0 : bytesOf(name === "slice" ? result : args[0]));
    return result;
  };
  Reflect.set(owner, name, counting);
  return () => void Reflect.set(owner, name, original);
}

function bytesOf(value: unknown): number {
  return ArrayBuffer.isView(value) ? value.byteLength : 0;
}
