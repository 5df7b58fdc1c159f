// npm run bench:memory [-- CHECKOUT]: the memory and processor time of requests that are made to exhaust
// them. With another checkout, measures that one first.
import { rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestBatch } from "../test/support/batch.ts";
import { createTarget, MEMORY_ATTACKS, type MemoryAttack } from "../test/support/memory-attacks.ts";
import { freePort } from "../client/testing/free-port.ts";
import { liveBytes, V8_FLAGS } from "./live-memory.ts";
import { rowOf } from "./report.ts";
import { bundleWorker, startWorkerd, tallymanOptions } from "./workers.ts";
import { ROOT } from "../test/support/process-group.ts";

/** Cloudflare limits an isolate's heap together with its buffers, V8 only the heap. */
process.env["MINIFLARE_WORKERD_V8_FLAGS"] ??= V8_FLAGS;

/** Samples of the memory while the requests are open. */
const SAMPLES = 4;
const SAMPLE_MS = 1000;

const checkouts = [...process.argv.slice(2), ROOT];

for (const checkout of checkouts) {
  const bundle = await bundleWorker(checkout);
  for (const attack of MEMORY_ATTACKS)
    console.log(rowOf([checkout, ...(await measure(bundle, checkout, attack))]));
  await rm(bundle, { recursive: true });
}

async function measure(bundle: string, checkout: string, attack: MemoryAttack) {
  const inspectorPort = await freePort();
  const { miniflare, stop } = await startWorkerd(
    [{ ...tallymanOptions(bundle, checkout), unsafeDirectSockets: [{}] }],
    { inspectorPort },
  );
  try {
    const { origin } = await miniflare.unsafeGetDirectURL("tallyman");
    const batch = await createTarget(origin);
    const attacking = await startAttack(batch, attack);
    const memory = await mostLiveBytes(inspectorPort);
    return [attack.requests, attack.name, memory, attacking.end()];
  } finally {
    await stop();
  }
}

/** Returns the most memory of several samples. */
async function mostLiveBytes(inspectorPort: number): Promise<string> {
  try {
    let most = 0;
    for (let sample = 0; sample < SAMPLES; sample++) {
      await sleep(SAMPLE_MS);
      most = Math.max(most, await liveBytes(inspectorPort, "tallyman"));
    }
    return `${(most / 1e6).toFixed(0)} MB`;
  } catch {
    return "workerd ended";
  }
}

/** Opens all requests. The returned function ends them and returns the statuses of their responses. */
async function startAttack(batch: TestBatch, { requests, open }: MemoryAttack) {
  const statuses = new Map<string, number>();
  let hasEnded = false;
  const opened = await Promise.all(
    Array.from({ length: requests }, async (_, index) => {
      const request = await open(batch, index);
      void request.status.then((status) => {
        const name = status === null ? "cut" : String(status);
        if (!hasEnded) statuses.set(name, (statuses.get(name) ?? 0) + 1);
      });
      return request;
    }),
  );
  const end = () => {
    hasEnded = true;
    for (const request of opened) request.cut();
    return [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ");
  };
  return { end };
}
