import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { VARIABLES } from "../durable-objects/settings.ts";

/** The lines of one table of wrangler.toml. */
function tableOf(toml: string, name: string): string {
  const [, rest = ""] = toml.split(`\n[${name}]\n`);
  return rest.split(/^\[/mu)[0] ?? "";
}

test("the settings are the variables and secrets of wrangler.toml", async () => {
  const toml = await readFile(new URL("../wrangler.toml", import.meta.url), "utf8");
  const variables = [...tableOf(toml, "vars").matchAll(/^(\w+) = /gmu)].map(([, name]) => name);
  const required = /^required = (\[.*\])$/mu.exec(tableOf(toml, "secrets"))?.[1] ?? "";
  const secrets: string[] = JSON.parse(required);
  expect(new Set(Object.keys(VARIABLES))).toEqual(new Set([...variables, ...secrets]));
});
