import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Goal } from "./goals.ts";

/** What each script has to stay below, in bytes of gzip. */
export const SCRIPT_LIMITS = { page: 45_000, embed: 35 * 1024 };

/** Bytes of gzip. */
export interface ScriptSizes {
  /** What the page loads before it is there: not what comes only when it is asked for. */
  page: number;
  /** `/embed.js`. */
  embed: number;
}

const FIRST_SCRIPTS = /(?:src|href)="\/(assets\/[^"]+\.js)"/gu;

/** @param dist the folder that was built */
export async function scriptSizes(dist: string): Promise<ScriptSizes> {
  const html = await readFile(join(dist, "index.html"), "utf8");
  const first = Array.from(html.matchAll(FIRST_SCRIPTS), ([, path = ""]) => path);
  const sizes = await Promise.all(first.map((path) => gzipBytes(join(dist, path))));
  const page = sizes.reduce((sum, bytes) => sum + bytes, 0);
  return { page, embed: await gzipBytes(join(dist, "embed.js")) };
}

/** How large the scripts are that the page and other people's pages load. */
export async function sizeGoals(dist: string): Promise<Goal[]> {
  const sizes = await scriptSizes(dist);
  return [
    sizeGoal("the page's script, gzip, KB", sizes.page, SCRIPT_LIMITS.page),
    sizeGoal("/embed.js, gzip, KB", sizes.embed, SCRIPT_LIMITS.embed),
  ];
}

function sizeGoal(what: string, bytes: number, limit: number): Goal {
  const goal = `< ${kilobytes(limit)}`;
  return { what, goal, seen: kilobytes(bytes), isReached: bytes < limit };
}

async function gzipBytes(path: string): Promise<number> {
  return gzipSync(await readFile(path)).length;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
