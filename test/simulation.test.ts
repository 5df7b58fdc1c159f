import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SIMULATION = fileURLToPath(new URL("simulation/run.ts", import.meta.url));

/** Resolves with all that was printed: of a life that goes wrong, its seed and how it ended. */
function simulate(...options: string[]): Promise<string> {
  const args = [SIMULATION, ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
}

it("goes the same way whenever it has the same seed", async () => {
  const hash = async () =>
    /Traces: (\w+)/u.exec(await simulate("--seed", "1", "--lives", "20"))?.[1];
  const [once, again] = await Promise.all([hash(), hash()]);
  expect(once).toMatch(/^[0-9a-f]{16}$/u);
  expect(again).toBe(once);
});

it("goes as it should where it once went wrong", async () => {
  expect(await simulate("--known")).toContain("all as they should be");
});

it("goes as it should for a hundred lives", async () => {
  expect(await simulate("--seed", "2000", "--lives", "100")).toContain("all as they should be");
});
