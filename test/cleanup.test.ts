import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startVitest } from "vitest/node";
import { ROOT } from "./support/process-group.ts";

const FILE = `
  import { beforeAll, test } from "vitest";
  import { cleanUpAfterAll } from "${ROOT}test/support/cleanup.ts";
  const cleanUp = cleanUpAfterAll();
  let second;
  beforeAll(async () => {
    cleanUp(() => console.log("first stopped"));
    second = await new Promise((resolve) => setTimeout(resolve, 1000, { stop: () => undefined }));
    cleanUp(() => second.stop());
  }, 10);
  test("never runs", () => undefined);
`;

test("after a time-out of beforeAll, the time-out is the only error, and resources are released", async () => {
  // In the project's folder, where the file finds Vitest.
  const parent = join(ROOT, "node_modules/.cache");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "cleanup-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "file.test.ts"), FILE);
  const logs: string[] = [];
  const vitest = await startVitest([], {
    root: folder,
    config: false,
    exclude: [],
    watch: false,
    reporters: [{ onUserConsoleLog: ({ content }) => void logs.push(content) }],
  });
  const [file] = vitest.state.getTestModules();
  await vitest.close();
  // startVitest sets it, as that one failed.
  process.exitCode = undefined;
  const errors = file?.errors().map(({ message }) => message) ?? [];
  expect(errors).toEqual([expect.stringContaining("Hook timed out in 10ms")]);
  expect(logs.join("")).toBe("first stopped\n");
});
