/**
 * Counts the calls of a Worker that Cloudflare bills. It runs in the Worker itself, beside the bundle.
 *
 * @typedef {Record<string, number>} Counts
 * @typedef {{ storage: { kv: object } }} State
 * @typedef {{ BUCKET: { resumeMultipartUpload(key: string, id: string): object } }} Env
 * @typedef {new (ctx: State, env: Env) => object} ObjectClass
 * @typedef {{ fetch(request: Request, env: Env, ctx: object): Promise<Response> }} Handler
 */

/** A path that Tallyman does not have. */
export const COUNTS_PATH = "/bench/counts";

/** R2's calls by the class in which they are billed. `delete` and `abort` are free. */
const R2_CLASSES = {
  r2A: ["put", "list", "createMultipartUpload", "uploadPart", "complete"],
  r2B: ["get", "head"],
};

/** Counts so far: requests by what they are sent to, and rows written by the first part of their key. */
const counts = {
  /** @type {Counts} */
  calls: { requests: 0, batchCalls: 0, ownerCalls: 0, r2A: 0, r2B: 0 },
  /** @type {Counts} */
  rows: {},
};

/**
 * Returns the exports of a Worker whose calls are counted. `GET COUNTS_PATH` returns the counts.
 *
 * @param {{ default: Handler, Batch: ObjectClass, Owner: ObjectClass }} worker
 */
export function countingWorker({ default: handler, Batch, Owner }) {
  return {
    Batch: countingObject(Batch, "batchCalls"),
    Owner: countingObject(Owner, "ownerCalls"),
    default: {
      /** @type {Handler["fetch"]} */
      async fetch(request, env, ctx) {
        countBucket(env);
        if (new URL(request.url).pathname === COUNTS_PATH) return Response.json(counts);
        add(counts.calls, "requests");
        return handler.fetch(request, env, ctx);
      },
    },
  };
}

/**
 * Returns a class of Durable Objects whose requests, alarms and written rows are counted.
 *
 * @param {ObjectClass} Original
 * @param {string} name
 */
function countingObject(Original, name) {
  countMethods(Original, () => add(counts.calls, name));
  return class extends Original {
    /** @param {State} ctx @param {Env} env */
    constructor(ctx, env) {
      countRows(ctx);
      super(ctx, env);
    }
  };
}

/** @param {{ prototype: object }} Original @param {() => void} count */
function countMethods({ prototype }, count) {
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  countCalls(prototype, names, count);
}

/**
 * "Key-value methods like `get()`, `put()`, `delete()`, or `list()` […] are billed as rows read and rows
 * written. Each `setAlarm()` is billed as a single row written. Deletes are counted as rows written."
 * (https://developers.cloudflare.com/durable-objects/platform/pricing)
 *
 * @param {State} ctx
 */
function countRows({ storage }) {
  for (const api of [storage, storage.kv]) {
    countCalls(prototypeOf(api), ["put", "delete"], countKeys);
  }
  countCalls(prototypeOf(storage), ["setAlarm"], () => add(counts.rows, "alarm"));
}

/** @param {unknown} keys one key, several, or an object of values by their key */
function countKeys(keys) {
  const all = typeof keys === "object" && keys !== null ? Object.values(keys) : [keys];
  for (const key of all) add(counts.rows, String(key).split("/")[0] ?? "");
}

/** @param {Env} env */
function countBucket({ BUCKET: bucket }) {
  // This upload does not exist: it only has the prototype.
  for (const api of [bucket, bucket.resumeMultipartUpload("none", "none")]) {
    for (const [name, methods] of Object.entries(R2_CLASSES)) {
      countCalls(prototypeOf(api), methods, () => add(counts.calls, name));
    }
  }
}

/** Methods that are counted. @type {WeakSet<object>} */
const counting = new WeakSet();

/** @param {object} object */
function prototypeOf(object) {
  return Reflect.getPrototypeOf(object) ?? {};
}

/**
 * Calls `count` before these methods of a prototype, which all objects of its class share.
 *
 * @param {object} prototype
 * @param {readonly string[]} names
 * @param {(...args: unknown[]) => void} count
 */
function countCalls(prototype, names, count) {
  for (const name of names) {
    /** @type {unknown} */
    const method = Reflect.get(prototype, name);
    if (typeof method !== "function" || counting.has(method)) continue;
    /** @this {unknown} @param {unknown[]} args @returns {unknown} */
    const replacement = function (...args) {
      count(...args);
      return Reflect.apply(method, this, args);
    };
    counting.add(replacement);
    Reflect.set(prototype, name, replacement);
  }
}

/** @param {Counts} to @param {string} name */
function add(to, name) {
  to[name] = (to[name] ?? 0) + 1;
}
