/**
 * True if servers that tests start have the platform's documented rules that its local simulation
 * leaves out: see storage/testing/platform.ts.
 */
export const isStrict = process.env["STRICT_PLATFORM"] === "1";

/** The entry of the Worker for tests, relative to the project's folder. */
export const WORKER_ENTRY = isStrict ? "worker/testing/strict/index.ts" : "worker/index.ts";
