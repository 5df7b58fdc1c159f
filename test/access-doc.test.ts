import { execFile } from "node:child_process";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problemOf } from "./support/batch.ts";
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

/** Runs a program with what the page says to run. */
interface Way {
  language: string;
  programs: string[];
  run: (
    path: string,
    options: { cwd: string; env: NodeJS.ProcessEnv },
  ) => Promise<{ stdout: string }>;
}

const NODE: Way = {
  language: "ts",
  programs: [],
  run: (path, options) => run(process.execPath, [path], options),
};
const PYTHON: Way = {
  language: "python",
  programs: ["python3"],
  run: (path, options) => run("python3", [path], options),
};
const SHELL: Way = {
  language: "sh",
  programs: ["sh", "openssl", "curl"],
  run: (path, options) => run("sh", [path], options),
};

function missing({ programs }: Way): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return programs.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

/** The one snippet of that language in docs/access.md. */
async function snippet(language: string): Promise<string> {
  const page = await readFile(new URL("../docs/access.md", import.meta.url), "utf8");
  const found = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gmsu)].filter(
    ([, name]) => name === language,
  );
  const [only] = found;
  if (!only?.[2] || found.length > 1) throw new Error(`${found.length} snippets of ${language}`);
  return only[2];
}

describe("docs/access.md", () => {
  let folder: string;
  let server: Server;
  const fresh = "the-new-secret-that-signs-in-this-test";
  const old = "the-old-secret-that-it-replaces-here";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tallyman-access-"));
    await writeImages(folder, 1);
    await rename(join(folder, "IMG_0001.png"), join(folder, "photo.png"));
    const changes = { 'ACCESS = "open"': 'ACCESS = "grant"' };
    server = await startServer({ changes, secret: `${fresh} ${old}` });
  });
  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the snippet of a language prints. */
  async function said(way: Way, secret: string): Promise<string> {
    const path = join(folder, `snippet.${way.language === "ts" ? "mts" : way.language}`);
    await writeFile(path, await snippet(way.language));
    const settings = { OWNER, TALLYMAN_SECRET: secret, TALLYMAN: server.origin };
    const { stdout } = await way.run(path, { cwd: folder, env: { ...process.env, ...settings } });
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
    const answer = await fetch(`${server.origin}/v1/batches`, { headers: bearer(grant) });
    return v.parse(Listed, await answer.json()).batches.some((batch) => batch.id === id);
  };

  test("nobody creates a batch without a grant", async () => {
    for (const headers of [{}, bearer("no grant")]) {
      const init = { method: "POST", headers, body: "{}" };
      const problem = await problemOf(await fetch(`${server.origin}/v1/batches`, init));
      expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  describe.each([
    ["the new secret", fresh],
    ["the old secret, which is replaced", old],
  ])("a grant that is signed with %s", (_, secret) => {
    test.for([NODE, PYTHON])(
      "by the snippet in $language creates a batch",
      async (way, context) => {
        const [program] = missing(way);
        if (program !== undefined) return context.skip(`There is no ${program} here.`);
        const grant = await said(way, secret);
        const answer = await create(grant);
        expect(answer.status).toBe(201);
        const { id, limits } = v.parse(Created, await answer.json());
        expect(limits).toMatchObject(LIMITS);
        expect(await isListed(id, grant)).toBe(true);
      },
    );

    test("by the snippet for a shell uploads a file", async (context) => {
      const [program] = missing(SHELL);
      if (program !== undefined) return context.skip(`There is no ${program} here.`);
      const answer: unknown = JSON.parse(await said(SHELL, secret));
      const { files, batch } = v.parse(Uploaded, answer);
      expect(files).toEqual([{ state: "completed", type: "image/png" }]);
      expect(await isListed(batch.id, await said(NODE, secret))).toBe(true);
    });
  });

  test("a grant that is signed with another secret opens nothing", async () => {
    const answer = await create(await said(NODE, "a secret that nobody has set"));
    expect(await problemOf(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("a grant opens no batch, and a deleted batch's tokens open nothing any more", async () => {
    const grant = await said(NODE, fresh);
    const { links, tokens } = v.parse(Created, await (await create(grant)).json());
    const address = `${server.origin}${links.self}`;
    expect((await fetch(address, { headers: bearer(grant) })).status).toBe(401);
    expect((await fetch(address, { headers: bearer(tokens.read) })).status).toBe(200);
    const removed = await fetch(address, { method: "DELETE", headers: bearer(tokens.write) });
    expect(removed.status).toBe(204);
    for (const token of [tokens.read, tokens.write]) {
      const problem = await problemOf(await fetch(address, { headers: bearer(token) }));
      expect(problem).toMatchObject({ status: 404, code: "batch_not_found" });
    }
  });
});
