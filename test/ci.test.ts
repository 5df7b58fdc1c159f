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

async function reportFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-count-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test("count.mjs adds up the tests of all reports and the checks", async () => {
  const folder = await reportFolder();
  const report = async (name: string, passed: number, failed: number) => {
    const path = join(folder, name);
    const content = { numPassedTests: passed, numFailedTests: failed, testResults: [] };
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
    const { status: exitCode, stdout } = run("count.mjs", ...args);
    expect(exitCode).toBe(status);
    expect(stdout.endsWith(`\n${line}\n`)).toBe(true);
  }
});

test("count.mjs names the tests that failed, and the files that did not load", async () => {
  const path = join(await reportFolder(), "report");
  const tests = [
    { status: "passed", fullName: "adds", failureMessages: [] },
    { status: "failed", fullName: "subtracts", failureMessages: ["expected 1 to be 2"] },
  ];
  await writeFile(
    path,
    JSON.stringify({
      numPassedTests: 1,
      numFailedTests: 1,
      testResults: [
        { name: "/sums.test.ts", status: "failed", message: "", assertionResults: tests },
        { name: "/lost.test.ts", status: "failed", message: "no module", assertionResults: [] },
      ],
    }),
  );
  expect(run("count.mjs", "1", path, "0").stdout).toBe(
    "\nFailed: /sums.test.ts: subtracts\nexpected 1 to be 2\n" +
      "\nFailed: /lost.test.ts\nno module\n" +
      "\n2 passed, 1 failed\n",
  );
});

test.each(Object.keys(busyTests))("%s, which runs under load, exists", async (path) => {
  await expect(access(join(ROOT, path))).resolves.toBeUndefined();
});

test("busy.mjs runs the tests that it is given, and ends", () => {
  const { status, stdout } = run("busy.mjs", "client/send/planner.test.ts");
  expect(stdout).toMatch(/1 passed/u);
  expect(status).toBe(0);
});
