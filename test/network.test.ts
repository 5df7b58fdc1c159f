import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { FaultyProxy } from "./crash/faulty-proxy.ts";
import { CheckedUpload } from "./crash/checked-upload.ts";
import { CheckedUploads } from "./crash/checked-uploads.ts";
import { speedUpTimers } from "./crash/hasten.ts";
import { RestartableWorker } from "./crash/worker-server.ts";
import { Random } from "./simulation/random.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { freePort } from "./support/free-port.ts";
import type { Serving } from "./support/process-group.ts";

const BATCHES = 4;
/** Trouble goes on until each kind of it has come so often; or once, when so many ms are over. */
const TIMES = 3;
const LONGEST_MS = 40_000;
/** A client's patience runs out so many times sooner than it would, and silence is as much shorter. */
const HASTE = 10;
const SILENCE_MS = 30_000 / HASTE;

const seed = Number(process.env["NETWORK_SEED"] ?? randomInt(2 ** 32));
const random = new Random(seed);

let state: string;
let server: Serving;
let proxy: FaultyProxy;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-network-"));
  cleanUp(() => rm(state, { recursive: true, force: true }));
  server = await (await RestartableWorker.build(state, await freePort())).start();
  cleanUp(() => server.end("SIGTERM"));
  proxy = await FaultyProxy.open(server.origin, random, SILENCE_MS);
  cleanUp(() => proxy.close());
  cleanUp(() => vi.restoreAllMocks());
});

test(`all is there in the end, whatever the network does (NETWORK_SEED=${seed})`, async () => {
  speedUpTimers(HASTE);
  const uploads = new CheckedUploads(state, () =>
    CheckedUpload.start(random, server.origin, proxy.origin),
  );
  const end = Date.now() + LONGEST_MS;
  while (!proxy.hasInjected(Date.now() < end ? TIMES : 1)) {
    await uploads.fill(BATCHES);
    await sleep(200);
  }
  proxy.stopFaults();
  await uploads.finish();
  console.log(`${uploads.count} batches; ${proxy.counts}.`);
  expect(uploads.count).toBeGreaterThanOrEqual(BATCHES);
}, 1_200_000);
