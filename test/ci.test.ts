import { spawnSync } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import busyTests from "../.ci/busy-tests.json" with { type: "json" };
import { ROOT } from "./support/process-group.ts";

function run(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(".ci", script), ...args], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

test("count.mjs adds up the tests of all reports and the checks", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-count-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const report = async (name: string, passed: number, failed: number) => {
    const path = join(folder, name);
    const content = { numPassedTests: passed, numFailedTests: failed };
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  const [good, bad] = [await report("good", 7, 0), await report("bad", 5, 2)];
  const lost = join(folder, "lost");
  for (const [args, line, status] of [
    [["0", good, "0", good, "0"], "15 passed, 0 failed", 0],
    [["1", bad, "0", good, "0"], "13 passed, 2 failed", 1],
    [["0", good, "0", good, "1"], "14 passed, 1 failed", 1],
    // Without a failed test: a file that did not load.
    [["1", good, "0", good, "0"], "15 passed, 1 failed", 1],
    [["0", good, "1", lost, "0"], "8 passed, 1 failed", 1],
  ] as const) {
    expect(run("count.mjs", ...args)).toMatchObject({ status, stdout: `\n${line}\n` });
  }
});

test.each(Object.keys(busyTests))("%s, which runs under load, exists", async (path) => {
  await expect(access(join(ROOT, path))).resolves.toBeUndefined();
});

test("busy.mjs runs the tests that it is given, and ends", () => {
  const { status, stdout } = run("busy.mjs", "client/send/planner.test.ts");
  expect(stdout).toMatch(/1 passed/u);
  expect(status).toBe(0);
});
