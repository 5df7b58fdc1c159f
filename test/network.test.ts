import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CuttingProxy } from "./crash/faulty-proxy.ts";
import { Trial } from "./crash/checked-upload.ts";
import { Trials } from "./crash/checked-uploads.ts";
import { hasten } from "./crash/hasten.ts";
import { WorkerServer } from "./crash/worker-server.ts";
import { Random } from "./simulation/random.ts";
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
let proxy: CuttingProxy;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-network-"));
  server = await (await WorkerServer.build(state, await freePort())).start();
  proxy = await CuttingProxy.open(server.origin, random, SILENCE_MS);
});

afterAll(async () => {
  vi.restoreAllMocks();
  await proxy.close();
  await server.end("SIGTERM");
  await rm(state, { recursive: true, force: true });
});

test(`all is there in the end, whatever the network does (NETWORK_SEED=${seed})`, async () => {
  hasten(HASTE);
  const trials = new Trials(state, () => Trial.begin(random, server.origin, proxy.origin));
  const end = Date.now() + LONGEST_MS;
  while (!proxy.hasStruck(Date.now() < end ? TIMES : 1)) {
    await trials.fill(BATCHES);
    await sleep(200);
  }
  proxy.calm();
  await trials.settle();
  console.log(`${trials.count} batches; ${proxy.account}.`);
  expect(trials.count).toBeGreaterThanOrEqual(BATCHES);
}, 1_200_000);
