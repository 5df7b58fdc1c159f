import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Goal } from "./report.ts";

/** Upper limits of the scripts' sizes, in bytes of gzip. */
export const SCRIPT_LIMITS = {
  page: 45_000,
  embedEntry: 20 * 1024,
  embedTotal: 64 * 1024,
} satisfies ScriptSizes;

/** Bytes of gzip. */
export interface ScriptSizes {
  /** The page's scripts that load before it is shown, without those that it imports on demand. */
  page: number;
  /** `/embed.js` with everything that it imports statically: the code of an empty uploader. */
  embedEntry: number;
  /** `/embed.js` with everything that it can load. */
  embedTotal: number;
}

const PAGE_SCRIPTS = /(?:src|href)="\/(assets\/[^"]+\.js)"/gu;

/** @param dist the folder of the built page */
export async function scriptSizes(dist: string): Promise<ScriptSizes> {
  const html = await readFile(join(dist, "index.html"), "utf8");
  const pageScripts = Array.from(html.matchAll(PAGE_SCRIPTS), ([, path = ""]) => path);
  return {
    page: await gzipBytes(dist, pageScripts),
    embedEntry: await gzipBytes(dist, await importsOf(dist, "embed.js", STATIC_IMPORT)),
    embedTotal: await gzipBytes(dist, await importsOf(dist, "embed.js", ANY_IMPORT)),
  };
}

/** Compares the scripts' sizes with their limits. */
export async function sizeGoals(dist: string): Promise<Goal[]> {
  const sizes = await scriptSizes(dist);
  return [
    sizeGoal("the page's script, gzip, KB", sizes.page, SCRIPT_LIMITS.page),
    sizeGoal("/embed.js, an empty uploader, gzip, KB", sizes.embedEntry, SCRIPT_LIMITS.embedEntry),
    sizeGoal("/embed.js, all it can load, gzip, KB", sizes.embedTotal, SCRIPT_LIMITS.embedTotal),
  ];
}

function sizeGoal(name: string, bytes: number, limit: number): Goal {
  return {
    name,
    goal: `≤ ${kilobytes(limit)}`,
    measured: kilobytes(bytes),
    isReached: bytes <= limit,
  };
}

/** The specifier of `import "./x.js"` or `… from "./x.js"`, in minified code. */
const STATIC_IMPORT = /(?:\bimport|\bfrom)\s*(["'`])([^"'`]+\.js)\1/gu;

/** That of static imports, of `import("./x.js")`, and of `new URL("x.js", import.meta.url)`. */
const ANY_IMPORT = /(?:\bimport\s*\(?|\bfrom|\bnew URL\()\s*(["'`])([^"'`]+\.js)\1/gu;

/** Returns the paths of a script and of all scripts that it imports, directly or not. */
async function importsOf(dist: string, entry: string, pattern: RegExp): Promise<Set<string>> {
  const paths = new Set([entry]);
  // Paths that are added while it runs are visited as well.
  for (const path of paths) {
    const code = await readFile(join(dist, path), "utf8");
    for (const [, , specifier = ""] of code.matchAll(pattern)) {
      paths.add(join(dirname(path), specifier));
    }
  }
  return paths;
}

async function gzipBytes(dist: string, paths: Iterable<string>): Promise<number> {
  const sizes = Array.from(
    paths,
    async (path) => gzipSync(await readFile(join(dist, path))).length,
  );
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
