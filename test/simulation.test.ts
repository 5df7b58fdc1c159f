import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SIMULATION = fileURLToPath(new URL("simulation/run.ts", import.meta.url));

const seed = Number(process.env["SIMULATION_SEED"] ?? randomInt(2 ** 32));

/** Resolves with all that was printed: of a life that goes wrong, its seed and how it ended. */
function simulate(...options: string[]): Promise<string> {
  const args = [SIMULATION, ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
}

it("goes the same way whenever it has the same seed, whoever lives its lives", async () => {
  const hash = async (jobs: string) =>
    /Traces: (\w+)/u.exec(
      await simulate("--seed", "1", "--lives", "20", "--all", "--jobs", jobs),
    )?.[1];
  const [once, again] = await Promise.all([hash("1"), hash("2")]);
  expect(once).toMatch(/^[0-9a-f]{16}$/u);
  expect(again).toBe(once);
});

it("goes another way with another seed", async () => {
  const lives = await Promise.all(
    ["1", "2"].map((other) => simulate("--seed", other, "--lives", "1")),
  );
  const hashes = lives.map((printed) => /Traces: (\w+)/u.exec(printed)?.[1]);
  expect(new Set(hashes).size).toBe(2);
});

it("goes as it should where it once went wrong", async () => {
  expect(await simulate("--known")).toContain("all as they should be");
});

it(`goes as it should for a hundred lives (SIMULATION_SEED=${seed})`, async () => {
  const printed = await simulate("--seed", `${seed}`, "--lives", "100");
  expect(printed).toContain("all as they should be");
});
