import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { ROOT } from "./support/process-group.ts";

const PROGRAM = `
  import { startServer } from "./test/support/server.ts";
  console.log((await startServer()).origin);
  setInterval(() => undefined, 1000);
`;

test("a server ends when the process that has started it is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-starter-"));
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface(starter.stdout);
  const printed: unknown[] = await once(lines, "line");
  const origin = String(printed[0]);
  expect(await isServed(origin)).toBe(true);
  starter.kill("SIGKILL");
  await expect.poll(() => isServed(origin)).toBe(false);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

function isServed(origin: string): Promise<boolean> {
  return fetch(origin).then(
    ({ ok }) => ok,
    () => false,
  );
}
