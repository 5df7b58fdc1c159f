import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { untilSending } from "./crash/sending.ts";
import { CheckedUpload } from "./crash/checked-upload.ts";
import { CheckedUploads } from "./crash/checked-uploads.ts";
import { RestartableWorker } from "./crash/worker-server.ts";
import { Random } from "./simulation/random.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { freePort } from "./support/free-port.ts";
import type { Serving } from "./support/process-group.ts";
import { startServer } from "./support/server.ts";

/** Batches that are being uploaded at any time. */
const BATCHES = 3;
/** The longest time between the client's sending again and the next crash, in ms. */
const LONGEST_MS = 600;

const seed = Number(process.env["CRASH_SEED"] ?? randomInt(2 ** 32));
const random = new Random(seed);

/** A server that can be started again where it was, with the data that it had. */
interface Restartable {
  name: string;
  crashes: number;
  prepare: (state: string, port: number) => Promise<() => Promise<Serving>>;
}

const SERVERS: readonly Restartable[] = [
  {
    name: "the server of npm start",
    crashes: 2,
    prepare: (state, port) => Promise.resolve(() => startWhole(state, port)),
  },
  {
    name: "the Worker on workerd",
    crashes: 23,
    prepare: async (state, port) => {
      const worker = await RestartableWorker.build(state, port);
      return () => worker.start();
    },
  },
];

async function startWhole(state: string, port: number): Promise<Serving> {
  const server = await startServer({
    state,
    port,
    secret: "the-same-through-every-one-of-the-crashes",
  });
  const end = (how: NodeJS.Signals) => (how === "SIGKILL" ? server.kill() : server.stop());
  return { origin: server.origin, end };
}

describe.each(SERVERS)("$name", ({ crashes, prepare }) => {
  let state: string;
  let restart: () => Promise<Serving>;
  let server: Serving;
  let uploads: CheckedUploads;

  const cleanUp = cleanUpAfterAll();

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), "tallyman-crash-"));
    cleanUp(() => rm(state, { recursive: true, force: true }));
    restart = await prepare(state, await freePort());
    server = await restart();
    cleanUp(() => server.end("SIGTERM"));
    uploads = new CheckedUploads(state, () => CheckedUpload.start(random, server.origin));
    cleanUp(() => uploads.stop());
  });

  /**
   * Ends all of the server's processes at once, as a power cut does, and starts it again.
   *
   * @returns after how many ms the client was sending again; null where it had nothing left to send
   */
  async function crash(): Promise<number | null> {
    await server.end("SIGKILL");
    uploads.recordCompleted();
    await untilFree(server.origin);
    server = await restart();
    const wait = await Promise.race([untilSending(), uploads.done().then(() => null)]);
    await uploads.expectStillStored();
    return wait;
  }

  test(`crashes ${crashes} times, and nothing is lost (CRASH_SEED=${seed})`, async () => {
    const waits: number[] = [];
    for (let round = 0; round < crashes; round++) {
      await uploads.fill(BATCHES);
      await sleep(random.whole(0, LONGEST_MS));
      waits.push((await crash()) ?? 0);
    }
    await uploads.finish();
    expect(uploads.count).toBeGreaterThanOrEqual(BATCHES);
    const sorted = waits.toSorted((a, b) => a - b).map(Math.round);
    console.log(`${uploads.count} batches; sending again after ${sorted.join(", ")} ms.`);
  }, 1_200_000);
});

/** Resolves once the last of the killed processes has let go of the port. */
async function untilFree(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const probe = connect(Number(port), hostname);
  const isTaken = await once(probe, "connect").then(
    () => true,
    () => false,
  );
  probe.destroy();
  if (isTaken) await sleep(20).then(() => untilFree(origin));
}
