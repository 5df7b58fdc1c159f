import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "./process-group.ts";
import { WORKER_ENTRY } from "./strict.ts";

/**
 * Writes a changed copy of wrangler.toml into a folder. Not into the project's, which other tests copy
 * meanwhile.
 *
 * @param changes texts and their replacements
 * @returns the path of the copy
 * @throws Error if wrangler.toml doesn't contain one of the texts
 */
export async function writeConfig(
  folder: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<string> {
  let changed = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const noZod = "./worker/openapi/no-zod.ts";
  const paths = { "worker/index.ts": WORKER_ENTRY, "site/dist": "site/dist", [noZod]: noZod };
  for (const [path, used] of Object.entries(paths))
    changed = changed.replace(`"${path}"`, JSON.stringify(join(ROOT, used)));
  for (const [before, after] of Object.entries(changes)) {
    if (!changed.includes(before)) throw new Error(`wrangler.toml doesn't contain ${before}.`);
    changed = changed.replace(before, after);
  }
  const config = join(folder, "wrangler.toml");
  await writeFile(config, changed);
  return config;
}
