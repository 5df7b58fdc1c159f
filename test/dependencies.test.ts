import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { ROOT } from "./support/process-group.ts";

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

/** An import of a stand-in for the platform, or of another helper of tests. */
const TESTING_IMPORT = /from ".*\/testing\/.*"/gu;
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/u;

async function read<Schema extends v.GenericSchema>(path: string, schema: Schema) {
  const text = await readFile(new URL(`../${path}`, import.meta.url), "utf8");
  return v.parse(schema, JSON.parse(text));
}

describe.each(["", "bench/page/peers/", "test/clients/node/"])(
  "the dependencies of %spackage.json",
  (folder) => {
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
  },
);

test("production dependencies run no installation scripts", async () => {
  const { packages } = await read("package-lock.json", Lock);
  const shipped = Object.entries(packages).filter(([, { dev }]) => !dev);
  expect(shipped.length).toBeGreaterThan(10);
  expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

describe("the product", () => {
  const folders = ["protocol", "storage", "durable-objects", "worker", "client", "site"];
  const isShipped = (path: string) =>
    /\.tsx?$/u.test(path) && !/\.test\.tsx?$|(?:^|\/)(?:testing|fuzz|dist)\//u.test(path);

  test.each(folders)("imports no code of the tests in %s/", async (folder) => {
    const paths = (await readdir(join(ROOT, folder), { recursive: true })).filter(isShipped);
    expect(paths.length).toBeGreaterThan(0);
    const sources = paths.map(async (path) => readFile(join(ROOT, folder, path), "utf8"));
    const imports = (await Promise.all(sources)).flatMap(
      (text) => text.match(TESTING_IMPORT) ?? [],
    );
    expect(imports).toEqual([]);
  });
});
