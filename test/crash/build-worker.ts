// Bundles the Worker and prints Miniflare's options for it as JSON: `node build-worker.ts STATE PORT`.
// In a process of its own, as Wrangler replaces the `fetch` of whoever imports it.
import { bundleWorker, workerOptions } from "../../bench/workers.ts";

const [state, port] = process.argv.slice(2);
const vars = { TALLYMAN_SECRET: "the-same-through-every-one-of-the-crashes" };
const worker = {
  ...workerOptions(await bundleWorker(), vars),
  unsafeDirectSockets: [{ host: "127.0.0.1", port: Number(port) }],
};
console.log(JSON.stringify({ workers: [worker], resourcePersistencePath: state }));
