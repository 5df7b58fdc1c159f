import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { readProblem } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { writeImages } from "./support/images.ts";
import { type Server, startServer } from "./support/server.ts";

const run = promisify(execFile);

const OWNER = "user-7";
const LIMITS = { files: 500, fileBytes: 20_000_000, types: ["image/*"] };

const Created = v.object({
  id: v.string(),
  tokens: v.object({ write: v.string(), read: v.string() }),
  links: v.object({ self: v.string() }),
  limits: v.looseObject({}),
});
const Uploaded = v.object({
  batch: v.object({ id: v.string() }),
  files: v.array(v.object({ state: v.string(), type: v.string() })),
});
const Listed = v.object({ batches: v.array(v.object({ id: v.string() })) });

/** Runs the snippets of one language. */
interface Runner {
  /** The language of the fenced block. */
  language: string;
  /** Programs that must be on the `PATH`. */
  programs: string[];
  run: (
    path: string,
    options: { cwd: string; env: NodeJS.ProcessEnv },
  ) => Promise<{ stdout: string }>;
}

const NODE: Runner = {
  language: "ts",
  programs: [],
  run: (path, options) => run(process.execPath, [path], options),
};
const PYTHON: Runner = {
  language: "python",
  programs: ["python3"],
  run: (path, options) => run("python3", [path], options),
};
const SHELL: Runner = {
  language: "sh",
  programs: ["sh", "openssl", "curl"],
  run: (path, options) => run("sh", [path], options),
};

/** Returns the first program of the runner that isn't installed. */
function missingProgram({ programs }: Runner): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return programs.find((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** Returns the only snippet of a language in docs/access.md. */
async function snippetIn(language: string): Promise<string> {
  const page = await readFile(new URL("../docs/access.md", import.meta.url), "utf8");
  const found = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gmsu)].filter(
    ([, name]) => name === language,
  );
  const [only] = found;
  if (!only?.[2] || found.length > 1) throw new Error(`${found.length} snippets in ${language}`);
  return only[2];
}

describe("docs/access.md", () => {
  let folder: string;
  let server: Server;
  const newSecret = "the-new-secret-that-signs-in-this-test";
  const oldSecret = "the-old-secret-that-it-replaces-here";

  const cleanUp = cleanUpAfterAll();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tallyman-access-"));
    cleanUp(() => rm(folder, { recursive: true, force: true }));
    await writeImages(folder, 1);
    await rename(join(folder, "IMG_0001.png"), join(folder, "photo.png"));
    const grantSecret = `${newSecret} ${oldSecret}`;
    server = await startServer({ variables: { ACCESS: "grant" }, grantSecret });
    cleanUp(() => server.stop());
  });

  /** Returns what the runner's snippet prints. */
  async function outputOf(runner: Runner, secret: string): Promise<string> {
    const path = join(folder, `snippet.${runner.language === "ts" ? "mts" : runner.language}`);
    await writeFile(path, await snippetIn(runner.language));
    const variables = { OWNER, GRANT_SECRET: secret, TALLYMAN: server.origin };
    const { stdout } = await runner.run(path, {
      cwd: folder,
      env: { ...process.env, ...variables },
    });
    return stdout.trim();
  }

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  const create = (token: string, files: object[] = []) =>
    fetch(`${server.origin}/v1/batches`, {
      method: "POST",
      headers: bearer(token),
      body: JSON.stringify({ files }),
    });

  const isListed = async (id: string, grant: string) => {
    const response = await fetch(`${server.origin}/v1/batches`, { headers: bearer(grant) });
    return v.parse(Listed, await response.json()).batches.some((batch) => batch.id === id);
  };

  test("a batch can't be created without a grant", async () => {
    for (const headers of [{}, bearer("no grant")]) {
      const init = { method: "POST", headers, body: "{}" };
      const problem = await readProblem(await fetch(`${server.origin}/v1/batches`, init));
      expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  describe.each([
    ["the new secret", newSecret],
    ["the old secret", oldSecret],
  ])("a grant signed with %s", (_, secret) => {
    test.for([NODE, PYTHON])(
      "by the $language snippet creates a batch",
      async (runner, context) => {
        const program = missingProgram(runner);
        if (program !== undefined) return context.skip(`${program} is not installed.`);
        const grant = await outputOf(runner, secret);
        const response = await create(grant);
        expect(response.status).toBe(201);
        const { id, limits } = v.parse(Created, await response.json());
        expect(limits).toMatchObject(LIMITS);
        expect(await isListed(id, grant)).toBe(true);
      },
    );

    test("by the shell snippet uploads a file", async (context) => {
      const program = missingProgram(SHELL);
      if (program !== undefined) return context.skip(`${program} is not installed.`);
      const output: unknown = JSON.parse(await outputOf(SHELL, secret));
      const { files, batch } = v.parse(Uploaded, output);
      expect(files).toEqual([{ state: "completed", type: "image/png" }]);
      expect(await isListed(batch.id, await outputOf(NODE, secret))).toBe(true);
    });
  });

  test("a grant signed with another secret is refused", async () => {
    const response = await create(await outputOf(NODE, "a secret that the server does not have"));
    expect(await readProblem(response)).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("a grant gives no access to a batch, and a deleted batch's tokens get 404", async () => {
    const grant = await outputOf(NODE, newSecret);
    const { links, tokens } = v.parse(Created, await (await create(grant)).json());
    const address = links.self;
    expect((await fetch(address, { headers: bearer(grant) })).status).toBe(401);
    expect((await fetch(address, { headers: bearer(tokens.read) })).status).toBe(200);
    const removed = await fetch(address, { method: "DELETE", headers: bearer(tokens.write) });
    expect(removed.status).toBe(204);
    for (const token of [tokens.read, tokens.write]) {
      const problem = await readProblem(await fetch(address, { headers: bearer(token) }));
      expect(problem).toMatchObject({ status: 404, code: "batch_not_found" });
    }
  });
});
