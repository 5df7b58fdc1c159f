// Deploys to Cloudflare: `npm run deploy -- ARGUMENTS`. A deployment has no other static files than those
// uploaded with it, but pages that are open load scripts of the build they came from. So the files of
// earlier builds are fetched from the live site and uploaded with the new ones.
//   --site URL          the live site. Default: PUBLIC_URL of wrangler.toml
//   --without-earlier   for the first deployment, or to leave earlier files out
// All other arguments are Wrangler's. With --dry-run, the files are in FOLDER, and nothing is deployed.
import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { unstable_readConfig } from "wrangler";
import { DAY_MS } from "./protocol/index.ts";

const FOLDER = fileURLToPath(new URL("node_modules/.cache/tallyman/deploy", import.meta.url));
const WRANGLER = fileURLToPath(import.meta.resolve("wrangler"));

/** Time for which the files of a replaced build are kept. A page may be open for that long. */
const KEPT_MS = 30 * DAY_MS;
/** Requests at a time. Node would open a connection for each of some thousand files. */
const REQUESTS = 16;
const TIMEOUT_MS = 60_000;

/** The live site's list of its hashed files. It is part of each deployment. */
const LIST = "deployed-files.json";
/** Paths of files with a hash of their content in their names: a file never changes. */
const HASHED = /^(?:assets|embed)\/[\w.-]+-[\w-]{8}\.\w+$/u;
/** The hashed files with the time at which another build replaced theirs; null in the current one. */
const Files = v.record(
  v.pipe(v.string(), v.regex(HASHED)),
  v.nullable(v.pipe(v.string(), v.isoTimestamp())),
);
type Files = v.InferOutput<typeof Files>;

/** The directives of the Content Security Policy for pictures and videos. */
const SHOWN_FILES = /\b(?:img|media)-src 'self'/gu;
const PREVIEW = /(<meta property="og:image" content=")(?=\/)/u;

const Options = v.object({
  site: v.optional(v.string()),
  assets: v.optional(v.string(), "site/dist"),
  config: v.optional(v.string()),
  env: v.optional(v.string()),
});
const Config = v.object({
  vars: v.object({
    PUBLIC_URL: v.optional(v.string(), ""),
    CONTENT_ORIGIN: v.optional(v.string(), ""),
  }),
});

const HINT = "Try again, or run `npm run deploy -- --without-earlier` to leave earlier files out.";

const OWN = {
  site: { type: "string" },
  "without-earlier": { type: "boolean" },
  // Wrangler's own. It gets another folder.
  assets: { type: "string" },
} as const;
const OF_WRANGLER = {
  config: { type: "string", short: "c" },
  env: { type: "string", short: "e" },
} as const;

const args = process.argv.slice(2);
// Not strict: the rest is Wrangler's.
const { values, tokens } = parseArgs({
  args,
  options: { ...OWN, ...OF_WRANGLER },
  strict: false,
  tokens: true,
});
const { site: named, config, env, assets: build } = v.parse(Options, values);
const { vars } = v.parse(Config, unstable_readConfig({ config, env }));

await prepare();
process.exitCode = deploy();

/** Writes the files of the build, and those of earlier ones, into FOLDER. */
async function prepare(): Promise<void> {
  const built = await hashedFiles();
  const site = values["without-earlier"] === true ? null : liveSite();
  const earlier = site === null ? {} : earlierFiles(built, await liveFiles(site));
  await rm(FOLDER, { recursive: true, force: true });
  await cp(build, FOLDER, { recursive: true });
  if (vars.PUBLIC_URL !== "") await nameOrigin(vars.PUBLIC_URL);
  if (vars.CONTENT_ORIGIN !== "") await allowContentOrigin(vars.CONTENT_ORIGIN);
  const kept = site === null ? {} : await keep(site, earlier);
  const files: Files = { ...kept, ...Object.fromEntries(built.map((path) => [path, null])) };
  await writeFile(join(FOLDER, LIST), `${JSON.stringify(files, null, 2)}\n`);
  console.log(`Kept ${Object.keys(kept).length} files of earlier builds.`);
}

/** Makes the address of the picture for link previews absolute: most crawlers ignore others. */
async function nameOrigin(origin: string): Promise<void> {
  await edit("index.html", (html) => html.replace(PREVIEW, `$1${new URL(origin).origin}`));
}

/** Allows the start page to show stored files. No code of the Worker serves it, as it does a batch's page. */
async function allowContentOrigin(origin: string): Promise<void> {
  await edit("_headers", (headers) =>
    headers.replaceAll(SHOWN_FILES, `$& ${new URL(origin).origin}`),
  );
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(FOLDER, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

/** Deploys FOLDER. Returns the exit code. */
function deploy(): number {
  const parameters = ["--no-warnings", WRANGLER, "deploy", ...wranglerArgs(), "--assets", FOLDER];
  return spawnSync(process.execPath, parameters, { stdio: "inherit" }).status ?? 1;
}

/** Returns the arguments without those of this command. */
function wranglerArgs(): string[] {
  const used = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== "option" || !Object.hasOwn(OWN, token.name)) continue;
    used.add(token.index);
    if (token.inlineValue === false) used.add(token.index + 1);
  }
  return args.filter((_, index) => !used.has(index));
}

/** Returns the address of the live site. It decides which scripts are deployed, so it needs HTTPS. */
function liveSite(): string {
  const site = named ?? vars.PUBLIC_URL;
  const url = URL.parse(site);
  if (url?.protocol === "https:" || url?.hostname === "127.0.0.1") return url.href;
  if (site !== "") return fail(`"${site}" is no address of a live site: it starts with https://.`);
  return fail(
    "Files of earlier builds are kept if the live site is known: set PUBLIC_URL in wrangler.toml, or run `npm run deploy -- --site https://…`. For the first deployment, run `npm run deploy -- --without-earlier`.",
  );
}

/** Returns the hashed files of the live site; none if it was deployed without a list. */
async function liveFiles(site: string): Promise<Files> {
  const bytes = await fetchFile(site, LIST);
  if (bytes === null) {
    console.log(`${site} has no ${LIST}: it was not deployed by this command.`);
    return {};
  }
  const list = v.safeParse(
    v.pipe(v.string(), v.parseJson(), Files),
    new TextDecoder().decode(bytes),
  );
  return list.success ? list.output : fail(`${LIST} of ${site} is not valid. ${HINT}`);
}

/** Returns the paths of the build's own hashed files. */
async function hashedFiles(): Promise<string[]> {
  const paths = await readdir(build, { recursive: true });
  return paths.map((path) => path.replaceAll("\\", "/")).filter((path) => HASHED.test(path));
}

/** Returns the files that the new build lacks and that open pages may load. */
function earlierFiles(built: readonly string[], live: Files): Files {
  const now = new Date();
  const earlier = Object.entries(live)
    .filter(([path]) => !built.includes(path))
    .map(([path, replacedAt]) => [path, replacedAt ?? now.toISOString()] as const)
    .filter(([, replacedAt]) => Date.parse(replacedAt) + KEPT_MS > now.getTime());
  return Object.fromEntries(earlier);
}

/** Fetches files into FOLDER. Returns those that the site still has. */
async function keep(site: string, files: Files): Promise<Files> {
  const kept: Files = {};
  const left = Object.entries(files).values();
  const keepNext = async () => {
    for (const [path, replacedAt] of left) {
      const bytes = await fetchFile(site, path);
      if (bytes === null) continue;
      await mkdir(dirname(join(FOLDER, path)), { recursive: true });
      await writeFile(join(FOLDER, path), bytes);
      kept[path] = replacedAt;
    }
  };
  await Promise.all(Array.from({ length: REQUESTS }, keepNext));
  return kept;
}

/** Returns a file of the live site; null if it has none. Ends the process if it can't say. */
async function fetchFile(site: string, path: string): Promise<Uint8Array | null> {
  const url = new URL(path, site).href;
  const { response, bytes } = await request(url).catch(() =>
    fail(`${url} can't be reached. ${HINT}`),
  );
  const { headers, status } = response;
  // A login page, or a proxy's error.
  if (!headers.has("Tallyman-Version")) fail(`${url} is not a file of Tallyman's. ${HINT}`);
  if (status === 404) return null;
  return response.ok ? bytes : fail(`${url} responded with status ${status}. ${HINT}`);
}

async function request(url: string): Promise<{ response: Response; bytes: Uint8Array }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { redirect: "error", signal });
  return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
