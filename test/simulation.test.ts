import { execFile } from "node:child_process";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SIMULATION = fileURLToPath(new URL("simulation/run.ts", import.meta.url));

const seed = Number(process.env["SIMULATION_SEED"] ?? randomInt(2 ** 32));

/** Runs simulations. Resolves with the output, which names the seed of a failed one. */
function simulate(...options: string[]): Promise<string> {
  const args = [SIMULATION, ...options];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout));
  });
}

function hashOf(output: string): string | undefined {
  return /Traces: (\w+)/u.exec(output)?.[1];
}

describe("the simulation", () => {
  test("takes the same steps for the same seeds, in one process or in two", async () => {
    const outputs = ["1", "2"].map((jobs) =>
      simulate("--seed", "1", "--batches", "20", "--all", "--jobs", jobs),
    );
    const [one, two] = (await Promise.all(outputs)).map(hashOf);
    expect(one).toMatch(/^[0-9a-f]{16}$/u);
    expect(two).toBe(one);
  });

  test("takes other steps for another seed", async () => {
    const outputs = ["1", "2"].map((other) => simulate("--seed", other, "--batches", "1"));
    const hashes = (await Promise.all(outputs)).map(hashOf);
    expect(new Set(hashes).size).toBe(2);
  });

  test("passes for the seeds that once found a bug", async () => {
    expect(await simulate("--known")).toContain("all passed");
  });

  test("passes for the attacks on quotas that once succeeded", async () => {
    expect(await simulate("--quotas", "--known")).toContain("all passed");
  });

  test(`passes for 50 attacks on quotas (SIMULATION_SEED=${seed})`, async () => {
    const output = await simulate("--quotas", "--seed", `${seed}`, "--batches", "50");
    expect(output).toContain("all passed");
  });

  test(`passes for 100 batches (SIMULATION_SEED=${seed})`, async () => {
    const output = await simulate("--seed", `${seed}`, "--batches", "100");
    expect(output).toContain("all passed");
  });
});
