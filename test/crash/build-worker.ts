// node build-worker.ts STATE PORT: bundles the Worker and prints Miniflare's options for it as JSON.
// A separate process, because Wrangler replaces the global `fetch` of the process that imports it.
import { bundleWorker, tallymanOptions } from "../../bench/workers.ts";

const [state, port] = process.argv.slice(2);
const worker = {
  ...tallymanOptions(await bundleWorker()),
  unsafeDirectSockets: [{ host: "127.0.0.1", port: Number(port) }],
};
console.log(JSON.stringify({ workers: [worker], resourcePersistencePath: state }));
