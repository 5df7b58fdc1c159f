import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

const Versions = v.optional(v.record(v.string(), v.string()), {});
const Package = v.object({ dependencies: Versions, devDependencies: Versions });
const Lock = v.object({
  packages: v.record(
    v.string(),
    v.object({
      ...Package.entries,
      integrity: v.optional(v.string()),
      resolved: v.optional(v.string()),
      dev: v.optional(v.boolean(), false),
      hasInstallScript: v.optional(v.boolean(), false),
    }),
  ),
});

const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/u;

async function read<Schema extends v.GenericSchema>(path: string, schema: Schema) {
  const text = await readFile(new URL(`../${path}`, import.meta.url), "utf8");
  return v.parse(schema, JSON.parse(text));
}

describe.each(["", "bench/page/peers/"])("the dependencies of %spackage.json", (folder) => {
  test("are pinned to the versions of the lock file", async () => {
    const { dependencies, devDependencies } = await read(`${folder}package.json`, Package);
    const all = { ...dependencies, ...devDependencies };
    expect(Object.keys(all).length).toBeGreaterThan(0);
    expect(Object.entries(all).filter(([, version]) => !EXACT.test(version))).toEqual([]);
    const { packages } = await read(`${folder}package-lock.json`, Lock);
    expect(packages[""]).toMatchObject({ dependencies, devDependencies });
  });

  test("have a digest each, and no download address", async () => {
    const { packages } = await read(`${folder}package-lock.json`, Lock);
    const { "": _own, ...installed } = packages;
    const names = Object.keys(installed);
    expect(names.filter((name) => !packages[name]?.integrity)).toEqual([]);
    expect(names.filter((name) => packages[name]?.resolved)).toEqual([]);
  });
});

test("production dependencies run no installation scripts", async () => {
  const { packages } = await read("package-lock.json", Lock);
  const shipped = Object.entries(packages).filter(([, { dev }]) => !dev);
  expect(shipped.length).toBeGreaterThan(10);
  expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});
