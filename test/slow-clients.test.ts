import { rm } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { bundleWorker, type Workers, startWorkers } from "../bench/workers.ts";
import { uploadWatched } from "../bench/tallyman.ts";
import { makeFiles } from "../bench/workloads.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { NUISANCES } from "./support/nuisances.ts";

let bundle: string;
let workers: Workers;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  bundle = await bundleWorker();
  cleanUp(() => rm(bundle, { recursive: true }));
  workers = await startWorkers(bundle);
  cleanUp(() => workers.stop());
});

test.each([
  { nuisance: NUISANCES.slowBodies, times: 60 },
  { nuisance: NUISANCES.idleSockets, times: 400 },
  { nuisance: NUISANCES.deafSockets, times: 20 },
  { nuisance: NUISANCES.flood, times: 12 },
  { nuisance: NUISANCES.longestNames, times: 2 },
])("another batch is uploaded through $nuisance.name", async ({ nuisance, times }) => {
  const origin = workers.origins.tallyman;
  const stored = async () => (await workers.stored("tallyman")).files;
  const before = await stored();
  const end = await nuisance.begin(origin, times);
  try {
    await uploadWatched(origin, makeFiles({ prefix: nuisance.name, files: 100, bytes: 2000 }), 4);
  } finally {
    await end();
  }
  expect(await stored()).toBe(before + 100);
});
