import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { VARIABLES } from "../durable-objects/settings.ts";

/** The lines of one table of wrangler.toml. */
function tableOf(toml: string, name: string): string {
  const [, rest = ""] = toml.split(`\n[${name}]\n`);
  return rest.split(/^\[/mu)[0] ?? "";
}

/** Returns a number of days that a file of the project has. */
async function daysIn(path: string, pattern: RegExp): Promise<number> {
  const text = await readFile(new URL(`../${path}`, import.meta.url), "utf8");
  return Number(pattern.exec(text)?.[1]);
}

test("multipart uploads live three times as long as an unchanged batch, or longer", async () => {
  const batchDays = await daysIn("wrangler.toml", /^BATCH_DAYS = "(.*)"$/mu);
  const multipartDays = await daysIn("wrangler.toml", /^MULTIPART_DAYS = "(.*)"$/mu);
  const ruleDays = await daysIn("docs/operating.md", /--abort-multipart-days (\d+)/u);
  // R2 counts from an upload's start, and the Batch from its last change.
  expect(ruleDays).toBeGreaterThanOrEqual(3 * batchDays);
  expect(multipartDays).toBe(ruleDays);
});

test("the settings are the variables and secrets of wrangler.toml", async () => {
  const toml = await readFile(new URL("../wrangler.toml", import.meta.url), "utf8");
  const variables = [...tableOf(toml, "vars").matchAll(/^(\w+) = /gmu)].map(([, name]) => name);
  const required = /^required = (\[.*\])$/mu.exec(tableOf(toml, "secrets"))?.[1] ?? "";
  const secrets: string[] = JSON.parse(required);
  expect(new Set(Object.keys(VARIABLES))).toEqual(new Set([...variables, ...secrets]));
});
