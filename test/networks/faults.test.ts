import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, test, vi } from "vitest";
import { CheckedUpload } from "../crash/checked-upload.ts";
import { CheckedUploads } from "../crash/checked-uploads.ts";
import { FaultInjector } from "../crash/fault-injector.ts";
import { RestartableWorker } from "../crash/restartable-worker.ts";
import { Random } from "../simulation/random.ts";
import { cleanUpAfterAll } from "../support/cleanup.ts";
import { speedUpTimeouts } from "../support/fast-timeouts.ts";
import { freePort } from "../../client/testing/free-port.ts";
import type { ServerProcess } from "../support/process-group.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

/** Batches that are uploaded at the same time. */
const BATCHES = 4;
/** The test ends when each kind of fault has occurred this often, or once after `FAULTS_MS`. */
const TIMES = 3;
const FAULTS_MS = 40_000;
/** The client's timeouts, and the proxy's silence, are shorter by this factor. */
const SPEED_UP = 10;
const SILENCE_MS = 30_000 / SPEED_UP;

const seed = Number(process.env["NETWORK_SEED"] ?? randomInt(2 ** 32));
const random = new Random(seed);
const faults = new FaultInjector(random, SILENCE_MS);

let state: string;
let server: ServerProcess;
let proxy: TcpProxy;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-network-"));
  cleanUp(() => rm(state, { recursive: true, force: true }));
  server = await (await RestartableWorker.build(state, await freePort())).start();
  cleanUp(() => server.end("SIGTERM"));
  proxy = await TcpProxy.listen(server.origin, faults.handle);
  cleanUp(() => proxy.close());
  cleanUp(() => vi.restoreAllMocks());
});

test(`every upload completes despite network faults (NETWORK_SEED=${seed})`, async () => {
  speedUpTimeouts(SPEED_UP);
  const uploads = new CheckedUploads(state, () =>
    CheckedUpload.start(random, server.origin, proxy.origin),
  );
  const end = Date.now() + FAULTS_MS;
  while (!faults.hasInjected(Date.now() < end ? TIMES : 1)) {
    await uploads.fill(BATCHES);
    await sleep(200);
  }
  faults.stop();
  await uploads.finish();
  console.log(`${uploads.count} batches; ${faults.counts}.`);
  expect(uploads.count).toBeGreaterThanOrEqual(BATCHES);
}, 1_200_000);
