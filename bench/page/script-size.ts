import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** What each script is to stay below, in bytes of gzip. */
const PAGE_BYTES = 45_000;
const EMBED_BYTES = 35_000;

/** A line that says how large the scripts are that the page and other people's pages load. */
export async function sizesLine(dist: string): Promise<string> {
  const assets = join(dist, "assets");
  const scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  const sizes = await Promise.all(scripts.map((name) => gzipBytes(join(assets, name))));
  const page = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const embed = await gzipBytes(join(dist, "embed.js"));
  return (
    `Scripts, gzip: the page's ${kilobytes(page)} (goal: under ${kilobytes(PAGE_BYTES)}), ` +
    `/embed.js ${kilobytes(embed)} (goal: under ${kilobytes(EMBED_BYTES)}).`
  );
}

async function gzipBytes(path: string): Promise<number> {
  return gzipSync(await readFile(path)).length;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}
