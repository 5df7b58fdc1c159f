// npm lists the packages of every platform in package-lock.json only if it resolves them without
// node_modules. To write a complete lock file: `rm -r node_modules package-lock.json`, then
// `npm install --package-lock-only`. npm keeps it complete when it adds or updates a package.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { expect, test } from "vitest";

const Package = v.object({
  version: v.optional(v.string()),
  resolved: v.optional(v.string()),
  optionalDependencies: v.optional(v.record(v.string(), v.string()), {}),
  os: v.optional(v.array(v.string()), []),
  cpu: v.optional(v.array(v.string()), []),
});
const LockFile = v.object({ packages: v.record(v.string(), Package) });

/** Tools with an executable per platform, and the platforms that they do not support. */
const TOOLS = [
  // On Windows on arm64, Node 24 for x64 runs under emulation, and so does workerd.
  { tool: "workerd", unsupported: ["win32 arm64"] },
  { tool: "esbuild", unsupported: [] },
  { tool: "rolldown", unsupported: [] },
  { tool: "lightningcss", unsupported: [] },
  { tool: "typescript", unsupported: [] },
  { tool: "oxfmt", unsupported: [] },
  { tool: "oxlint", unsupported: [] },
  { tool: "oxlint-tsgolint", unsupported: [] },
];
const PLATFORMS = ["linux", "darwin", "win32"].flatMap((os) => [`${os} x64`, `${os} arm64`]);

async function readPackages() {
  const text = await readFile(new URL("../package-lock.json", import.meta.url), "utf8");
  return v.parse(LockFile, JSON.parse(text)).packages;
}

test("the lock file lists every optional package, whatever platform it is for", async () => {
  const packages = await readPackages();
  const listed = new Set(Object.keys(packages).map((path) => path.split("node_modules/").at(-1)));
  const optional = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies));
  expect(optional.filter((name) => !listed.has(name))).toEqual([]);
});

test.each(TOOLS)("$tool has a package for each platform", async ({ tool, unsupported }) => {
  const packages = await readPackages();
  const names = Object.keys(packages[`node_modules/${tool}`]?.optionalDependencies ?? {});
  const platforms = names.flatMap((name) => {
    const { os = [], cpu = [] } = packages[`node_modules/${name}`] ?? {};
    return os.flatMap((system) => cpu.map((processor) => `${system} ${processor}`));
  });
  const supported = PLATFORMS.filter((platform) => !unsupported.includes(platform));
  expect(platforms).toEqual(expect.arrayContaining(supported));
});

test("the lock file has no download addresses, so npm uses the registry that is set up", async () => {
  const packages = Object.values(await readPackages());
  expect(packages.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

test("set-up checks the digest of the Node that the lock file names", async () => {
  const { version } = (await readPackages())["node_modules/node"] ?? {};
  const setup = await readFile(new URL("../setup.mjs", import.meta.url), "utf8");
  expect(setup).toContain(`version: "${version}",\n  digests:`);
});
