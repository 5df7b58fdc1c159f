import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { type ClientProblem, Uploader } from "../../client/index.ts";
import { LIMITS } from "../../protocol/index.ts";
import { TestBatch } from "../support/batch.ts";
import { test } from "../support/browser-test.ts";
import { allStored, drop } from "../support/page.ts";

/**
 * Requests per 10 s. The files below need six: the first one goes alone, the others follow it at once. Two
 * periods take only four of those.
 */
const LIMIT = 2;
const NAMES = ["a.bin", "b.bin", "c.bin"];
const CONTENT = new Uint8Array(LIMITS.partBytes + 1);

test.override("operator", {
  changes: {
    "limit = 1000, period = 10": `limit = ${LIMIT}, period = 10`,
    'FILE_BYTES = "0"': `FILE_BYTES = "${CONTENT.length}"`,
  },
});

describe("a server with low limits", () => {
  test("accepts files up to FILE_BYTES, and returns that limit", async ({ server }) => {
    const batch = await TestBatch.create(server.origin, [CONTENT.length, CONTENT.length + 1]);
    expect(batch.created.limits.fileBytes).toBe(CONTENT.length);
    expect((await batch.files()).map(({ error }) => error?.code)).toEqual([undefined, "too_large"]);
  });

  test("makes the client wait, which then continues by itself", async ({ server }) => {
    const uploader = new Uploader({ endpoint: server.origin });
    const waits: number[] = [];
    const problems: ClientProblem[] = [];
    uploader.on("ratelimited", ({ ms }) => void (ms !== null && waits.push(ms)));
    uploader.on("problem", (problem) => problems.push(problem));
    const completed = new Promise<number>((resolve) => {
      uploader.on("completed", (summary) => resolve(summary.completed));
    });
    uploader.add(NAMES.map((name) => ({ name, blob: new Blob([CONTENT]) })));
    expect(await completed).toBe(NAMES.length);
    expect(problems).toEqual([]);
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
    uploader.dispose();
  });

  test("makes the page wait, which shows it", async ({ server, page, folder }) => {
    for (const name of NAMES) await writeFile(join(folder, name), CONTENT);
    await page.goto(server.origin);
    await drop(page, [folder]);
    await page.locator(".connection").getByText("The server is busy.").waitFor();
    await allStored(page, NAMES.length);
    await expect.poll(() => page.getByText("The server is busy.").count()).toBe(0);
  });
});
