import { afterAll } from "vitest";

type Cleanup = () => unknown;

/**
 * Returns a function that registers what has to be stopped or removed after all tests of this file or
 * `describe`, in reverse order. Unlike an `afterAll` that names variables, it does the right thing if
 * `beforeAll` fails or times out halfway: it stops what was started, also when that starts later.
 *
 * @example
 * ```ts
 * const cleanUp = cleanUpAfterAll();
 * beforeAll(async () => {
 *   server = await startServer();
 *   cleanUp(() => server.stop());
 * });
 * ```
 */
export function cleanUpAfterAll(): (cleanup: Cleanup) => void {
  const cleanups: Cleanup[] = [];
  let isOver = false;
  afterAll(async () => {
    isOver = true;
    for (const cleanup of cleanups.toReversed()) await cleanup();
  });
  return (cleanup) => (isOver ? void cleanup() : void cleanups.push(cleanup));
}
