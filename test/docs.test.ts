import { exec } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import * as limits from "../protocol/limits.ts";
import { PROBLEM_ANSWERS } from "../protocol/index.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");

describe("the curl examples in README.md", () => {
  const ORIGIN = "http://127.0.0.1:8787";
  const run = promisify(exec);

  const Files = v.object({ files: v.array(v.object({ name: v.string(), state: v.string() })) });
  const Created = v.object({ id: v.string(), tokens: v.object({ write: v.string() }) });
  const Status = v.object({ state: v.string() });

  let folder: string;
  let server: Server;

  const cleanUp = cleanUpAfterAll();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tallyman-readme-"));
    cleanUp(() => rm(folder, { recursive: true, force: true }));
    server = await startServer();
    cleanUp(() => server.stop());
  });

  /** Returns the commands of the README that call the API, and those that make their files. */
  async function commands(): Promise<string[]> {
    const [, section = ""] = (await read("README.md")).split("## Use it with curl\n");
    const blocks = (section.split("\n## ")[0] ?? "").matchAll(/^```sh\n(.*?)^```$/gmsu);
    return [...blocks].flatMap(([, block = ""]) => block.trim().split("\n"));
  }

  async function outputOf(command: string | undefined, env: Record<string, string> = {}) {
    if (!command?.startsWith("curl ")) throw new Error(`${command} is no curl command.`);
    const text = command
      .replace("curl", "curl --silent --show-error")
      .replace(ORIGIN, server.origin);
    const { stdout } = await run(text, { cwd: folder, env: { ...process.env, ...env } });
    return JSON.parse(stdout) as unknown;
  }

  test("upload two files, create a batch, send a bundle and return the batch", async (context) => {
    const isMissing = await run("curl --version").then(
      () => false,
      () => true,
    );
    if (isMissing) return context.skip("curl is not installed.");
    const [makeFirst, makeSecond, upload, create, bundle, status, ...others] = await commands();
    expect(others).toEqual([]);
    await run(`${makeFirst}\n${makeSecond}`, { cwd: folder });

    const uploaded = v.parse(Files, await outputOf(upload));
    expect(uploaded.files).toEqual([
      { name: "a.txt", state: "completed" },
      { name: "b.txt", state: "completed" },
    ]);

    const { id, tokens } = v.parse(Created, await outputOf(create));
    const variables = { BATCH: id, TOKEN: tokens.write };
    const { files } = v.parse(Files, await outputOf(bundle, variables));
    expect(files).toEqual([
      { name: "a.txt", state: "completed" },
      { name: "b.txt", state: "completed" },
    ]);
    expect(v.parse(Status, await outputOf(status, variables)).state).toBe("completed");
  });
});

describe("the links in the docs", () => {
  const PAGES = readdirSync(new URL("docs/", ROOT))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);

  /** Returns the anchors of a page's headings, as GitHub makes them. */
  function anchorsIn(text: string): Set<string> {
    const headings = [...text.matchAll(/^#+ (.*)$/gmu)].map(([, heading = ""]) => heading);
    return new Set(
      headings.map((heading) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
          .replaceAll(" ", "-"),
      ),
    );
  }

  async function isBroken(link: string, page: string): Promise<boolean> {
    const target = new URL(link, new URL(page, ROOT));
    const text = await readFile(new URL(target.pathname, target), "utf8").catch(() => null);
    if (text === null) return true;
    return target.hash !== "" && !anchorsIn(text).has(target.hash.slice(1));
  }

  test.each(["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ...PAGES])(
    "%s links to files and headings that exist",
    async (page) => {
      const links = [...(await read(page)).matchAll(/\]\(([^)\s]+)\)/gu)].map(
        ([, link = ""]) => link,
      );
      const broken: string[] = [];
      for (const link of links.filter((each) => !each.startsWith("http"))) {
        if (await isBroken(link, page)) broken.push(link);
      }
      expect(broken).toEqual([]);
    },
  );
});

describe("the names of files and symbols in the docs", () => {
  /** Code in backticks, or a path in a Mermaid diagram. */
  const NAME = /`([^`]+)`|<br>([\w./-]+)/gu;
  const PATH = /^[\w./-]+\/(?:[\w.-]+\.\w+)?$/u;
  const SYMBOL = /^[A-Za-z][\w-]*$/u;

  interface Reference {
    path: string;
    /** Symbols that the file contains. */
    symbols: string[];
  }

  /** Returns the paths in a text, each with the symbols that follow it. */
  function referencesIn(text: string): Reference[] {
    const references: Reference[] = [];
    for (const [, code, inDiagram] of text.matchAll(NAME)) {
      const name = code ?? inDiagram ?? "";
      if (PATH.test(name)) references.push({ path: name, symbols: [] });
      else if (SYMBOL.test(name)) references.at(-1)?.symbols.push(name);
    }
    return references;
  }

  async function missingIn({ path, symbols }: Reference): Promise<string[]> {
    if (!existsSync(new URL(path, ROOT))) return [path];
    const text = path.endsWith("/") ? "" : await read(path);
    const words = new Set(text.match(/[A-Za-z][\w-]*/gu));
    return symbols.filter((symbol) => !words.has(symbol)).map((symbol) => `${path} ${symbol}`);
  }

  test.each([
    ["docs/threat-model.md", 50],
    ["docs/architecture.md", 50],
  ])("%s names what exists", async (page, least) => {
    // A symbol follows its path in the same line and in the same cell of a table.
    const references = (await read(page)).split(/[|\n]/u).flatMap(referencesIn);
    expect(references.length).toBeGreaterThan(least);
    expect((await Promise.all(references.map(missingIn))).flat()).toEqual([]);
  });
});

describe("the tables for styling in docs/embedding.md", () => {
  const CUSTOM_PROPERTY = /--tallyman-[a-z]+/gu;

  async function sourceOf(extension: string): Promise<string> {
    const paths = readdirSync(new URL("site/", ROOT), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(extension) && !/dist|public/u.test(path))
      .map((path) => `site/${path}`);
    return (await Promise.all(paths.map(read))).join("\n");
  }

  test("list each custom property of the elements", async () => {
    const listed = (await read("docs/embedding.md")).match(CUSTOM_PROPERTY);
    const used = (await sourceOf(".css")).match(CUSTOM_PROPERTY);
    expect(new Set(listed)).toEqual(new Set(used));
  });

  test("list each part of the elements", async () => {
    const [, table = ""] = (await read("docs/embedding.md")).split("| part | content |\n");
    const rows = (table.split("\n\n")[0] ?? "").split("\n").map((row) => row.split(" | ")[0] ?? "");
    const listed = rows.flatMap((cell) =>
      [...cell.matchAll(/`([a-z-]+)`/gu)].map(([, part]) => part),
    );
    const used = [...(await sourceOf(".tsx")).matchAll(/part=(?:"|\{`)([a-z -]+)/gu)].flatMap(
      ([, parts = ""]) => parts.trim().split(" "),
    );
    expect(new Set(listed)).toEqual(new Set(used));
  });
});

describe("the table of limits in docs/protocol.md", () => {
  interface Limit {
    /** The text of the column with the values. */
    values: string;
    setBy: string[];
    /** The responses beyond the limit: status and code, such as `413 too_large`. */
    problems: string[];
  }

  const HEAD = "| limit | at most | set by | beyond it |";

  async function table(): Promise<Limit[]> {
    const [, text = ""] = (await read("docs/protocol.md")).split(HEAD);
    const [, , ...rows] = (text.split("\n\n")[0] ?? "").split("\n");
    return rows.map((row) => {
      const [, values = "", setBy = "", beyond = ""] = row.slice(2, -2).split(" | ");
      const problems = [...beyond.matchAll(/(\d+) `(\w+)`/gu)];
      return {
        values,
        setBy: [...setBy.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name),
        problems: problems.map(([, status, code]) => `${status} ${code}`),
      };
    });
  }

  /** Returns the value of each limit in protocol/limits.ts and wrangler.toml by its name. */
  async function limitsInCode(): Promise<Map<string, number>> {
    const { LIMITS, ...others } = limits;
    const config = await read("wrangler.toml");
    const variables = config.matchAll(/^([A-Z_]+) = "(\d+)"$/gmu);
    const all = new Map<string, number>();
    for (const [name, value] of Object.entries(others)) {
      if (typeof value === "number") all.set(name, value);
    }
    for (const [name, value] of Object.entries(LIMITS)) all.set(`LIMITS.${name}`, Number(value));
    for (const [, name = "", value] of variables) all.set(name, Number(value));
    return all;
  }

  /** True if the text contains the value as a number of its own, not as part of another number. */
  function contains(text: string, value: number): boolean {
    const units = { "": 1, " KiB": 1024, " MiB": 1024 ** 2, " MB": 1e6 };
    return Object.entries(units).some(([unit, size]) => {
      const number = (value / size).toLocaleString("en-US").replaceAll(".", "\\.");
      return new RegExp(`(?<![\\d,.])${number}${unit}(?![\\d.]|,\\d)`, "u").test(text);
    });
  }

  test("lists each limit once", async () => {
    const listed = (await table()).flatMap(({ setBy }) => setBy);
    expect(listed.toSorted()).toEqual([...(await limitsInCode()).keys()].toSorted());
  });

  test("gives each limit's value", async () => {
    const all = await limitsInCode();
    for (const { values, setBy } of await table()) {
      // A variable that is 0 sets no limit, so the server's own applies.
      const missing = setBy.filter(
        (name) => all.get(name) !== 0 && !contains(values, all.get(name) ?? -1),
      );
      expect(missing).toEqual([]);
    }
  });

  test("gives problems that exist, with their status", async () => {
    const listed = (await table()).flatMap(({ problems }) => problems);
    const problems = Object.entries(PROBLEM_ANSWERS);
    const possible = new Set(problems.map(([code, { status }]) => `${status} ${code}`));
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.filter((problem) => !possible.has(problem))).toEqual([]);
  });
});

describe.each([
  ["docs/protocol.md", "| requests | in 10 seconds | set by |", [2, 1]],
  ["docs/operating.md", "| set by | in 10 seconds | enough for |", [0, 1]],
] as const)("the table of rate limits in %s", (page, head, [nameColumn, valueColumn]) => {
  test("gives each limit of wrangler.toml, and no other", async () => {
    const config = await read("wrangler.toml");
    const entries = config.matchAll(
      /^name = "(\w+)"\nnamespace_id.*\nsimple = \{ limit = (\d+), period = 10 \}$/gmu,
    );
    const expected = [...entries].map(([, name, limit]) => [
      name,
      Number(limit).toLocaleString("en-US"),
    ]);
    expect(expected).toHaveLength(config.match(/^\[\[ratelimits\]\]$/gmu)?.length ?? 0);
    const [, text = ""] = (await read(page)).split(head);
    const [, , ...rows] = (text.split("\n\n")[0] ?? "").split("\n");
    const listed = rows.map((row) => {
      const cells = row.slice(2, -2).split(" | ");
      return [cells[nameColumn]?.replaceAll("`", ""), cells[valueColumn]];
    });
    expect(listed).toEqual(expected);
  });
});
