import { beforeAll, expect, test } from "vitest";
import type { Workers } from "../bench/workers.ts";
import { uploadWatched } from "../bench/tallyman.ts";
import { makeFiles } from "../bench/workloads.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { startedWorkers } from "./support/started-workers.ts";
import { MISBEHAVING_CLIENTS } from "./support/misbehaving-clients.ts";

let workers: Workers;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  workers = await startedWorkers(cleanUp);
});

test.each([
  { clients: MISBEHAVING_CLIENTS.slowBodies, count: 60 },
  { clients: MISBEHAVING_CLIENTS.idleSockets, count: 400 },
  { clients: MISBEHAVING_CLIENTS.unreadSockets, count: 20 },
  { clients: MISBEHAVING_CLIENTS.flood, count: 12 },
  { clients: MISBEHAVING_CLIENTS.longestNames, count: 2 },
])("an upload completes beside $clients.name", async ({ clients, count }) => {
  const origin = workers.origins.tallyman;
  const stored = async () => (await workers.stored("tallyman")).files;
  const before = await stored();
  const end = await clients.start(origin, count);
  try {
    await uploadWatched(origin, makeFiles({ prefix: clients.name, files: 100, bytes: 2000 }), 4);
  } finally {
    await end();
  }
  expect(await stored()).toBe(before + 100);
});
