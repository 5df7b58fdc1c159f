import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { cleanUpAfterAll } from "../support/cleanup.ts";
import { startServer } from "../support/server.ts";

/** Starts a server for all tests of a file, and makes a folder for their files. Use both in tests only. */
export function serverAndFolder(): { origin: string; folder: string } {
  const made = { origin: "", folder: "" };
  const cleanUp = cleanUpAfterAll();
  beforeAll(async () => {
    const server = await startServer();
    cleanUp(() => server.stop());
    made.origin = server.origin;
    made.folder = await mkdtemp(join(tmpdir(), "tallyman-clients-"));
    cleanUp(() => rm(made.folder, { recursive: true }));
  });
  return made;
}
