/**
 * Delays R2 as over a network, where it responds after some tens of milliseconds or more. The simulated
 * R2 responds at once.
 *
 * @typedef {{ BUCKET: object, R2_DELAY_MS: number }} Env
 * @typedef {{ fetch(request: Request, env: Env, ctx: object): Promise<Response> }} Handler
 */

/** R2's calls that ask the bucket. */
const METHODS = ["put", "get", "head", "delete", "list", "createMultipartUpload"];

/** Prototypes whose calls are delayed. @type {WeakSet<object>} */
const delayed = new WeakSet();

/**
 * Returns a Worker whose calls to its bucket take at least `R2_DELAY_MS`.
 *
 * @param {Handler} worker
 * @returns {Handler}
 */
export function withDelayedR2(worker) {
  return {
    fetch(request, env, ctx) {
      delayCalls(Reflect.getPrototypeOf(env.BUCKET) ?? {}, env.R2_DELAY_MS);
      return worker.fetch(request, env, ctx);
    },
  };
}

/** @param {object} prototype @param {number} ms */
function delayCalls(prototype, ms) {
  if (delayed.has(prototype)) return;
  delayed.add(prototype);
  for (const name of METHODS) {
    /** @type {unknown} */
    const method = Reflect.get(prototype, name);
    if (typeof method !== "function") continue;
    /** @this {unknown} @param {unknown[]} args @returns {Promise<unknown>} */
    const replacement = async function (...args) {
      const wait = new Promise((resolve) => void setTimeout(resolve, ms));
      /** @type {unknown} */
      const result = Reflect.apply(method, this, args);
      await Promise.all([result, wait]);
      return result;
    };
    Reflect.set(prototype, name, replacement);
  }
}
