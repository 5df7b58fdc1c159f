import { randomInt } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { CheckedUpload } from "./crash/checked-upload.ts";
import { CheckedUploads } from "./crash/checked-uploads.ts";
import { RestartableWorker } from "./crash/restartable-worker.ts";
import { Random } from "./simulation/random.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { freePort } from "../client/testing/free-port.ts";
import type { ServerProcess } from "./support/process-group.ts";
import { startServer } from "./support/server.ts";

/** Batches that are uploaded at the same time. */
const BATCHES = 3;
/** The longest time from the client's first request after a crash to the next crash, in ms. */
const MAX_UPTIME_MS = 600;
const SECRET = "the-same-secret-before-and-after-every-crash";

const seed = Number(process.env["CRASH_SEED"] ?? randomInt(2 ** 32));
const random = new Random(seed);

/** A server that can be started again on the same port with the same data. */
interface Restartable {
  name: string;
  crashes: number;
  /** Resolves with the function that starts it. */
  prepare: (state: string, port: number) => Promise<() => Promise<ServerProcess>>;
}

const SERVERS: readonly Restartable[] = [
  {
    name: "the server of npm start",
    crashes: 2,
    prepare: (state, port) => Promise.resolve(() => startWithWrangler(state, port)),
  },
  {
    name: "the Worker in workerd",
    crashes: 23,
    prepare: async (state, port) => {
      const worker = await RestartableWorker.build(state, port);
      return () => worker.start();
    },
  },
];

async function startWithWrangler(state: string, port: number): Promise<ServerProcess> {
  const server = await startServer({ state, port, secret: SECRET });
  const end = (signal: NodeJS.Signals) => (signal === "SIGKILL" ? server.kill() : server.stop());
  return { origin: server.origin, end };
}

describe.each(SERVERS)("$name", ({ crashes, prepare }) => {
  let state: string;
  let restart: () => Promise<ServerProcess>;
  let server: ServerProcess;
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
   * Kills all of the server's processes at once, as a power cut does, and starts it again.
   *
   * @returns ms until the client sent files again; null if it had none left to send
   */
  async function crash(): Promise<number | null> {
    await server.end("SIGKILL");
    uploads.recordCompleted();
    await untilPortIsFree(server.origin);
    server = await restart();
    const wait = await Promise.race([untilUpload(), uploads.done().then(() => null)]);
    await uploads.expectStillStored();
    return wait;
  }

  test(`loses nothing in ${crashes} crashes (CRASH_SEED=${seed})`, async () => {
    const waits: number[] = [];
    for (let round = 0; round < crashes; round++) {
      await uploads.fill(BATCHES);
      await sleep(random.whole(0, MAX_UPTIME_MS));
      waits.push((await crash()) ?? 0);
    }
    await uploads.finish();
    expect(uploads.count).toBeGreaterThanOrEqual(BATCHES);
    const sorted = waits.toSorted((a, b) => a - b).map(Math.round);
    console.log(`${uploads.count} batches; the client sent again after ${sorted.join(", ")} ms.`);
  }, 1_200_000);
});

/** Resolves when the last killed process has released the port. */
async function untilPortIsFree(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  const probe = connect(Number(port), hostname);
  const isInUse = await once(probe, "connect").then(
    () => true,
    () => false,
  );
  probe.destroy();
  if (isInUse) await sleep(20).then(() => untilPortIsFree(origin));
}

/** The channel on which Node's `fetch` publishes each request whose headers are sent. */
const HEADERS_SENT = "undici:client:sendHeaders";

/** Resolves with the elapsed ms when this process starts to send a request with files. */
function untilUpload(): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    const onSend = (message: unknown) => {
      const request: unknown = Reflect.get(Object(message), "request");
      const [method, path] = ["method", "path"].map((name) =>
        String(Reflect.get(Object(request), name)),
      );
      if (!isUpload(method, path)) return;
      unsubscribe(HEADERS_SENT, onSend);
      resolve(performance.now() - start);
    };
    subscribe(HEADERS_SENT, onSend);
  });
}

function isUpload(method?: string, path?: string): boolean {
  return method === "PUT" || (method === "POST" && path?.endsWith("/bundle") === true);
}
