import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { addressOf, ROOT, signalGroup } from "./support/process-group.ts";

/** Copies the project's files, without what is installed, built or set up. */
async function cloneInto(folder: string): Promise<void> {
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" });
  for (const path of listed.split("\0").filter(Boolean)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await cp(join(ROOT, path), join(folder, path));
  }
}

/** Provides the packages as `npm ci` would, without what was cached about other builds. */
async function installInto(folder: string): Promise<void> {
  const packages = join(folder, "node_modules");
  await mkdir(packages);
  const entries = (await readdir(join(ROOT, "node_modules"))).filter((name) => name !== ".cache");
  for (const name of entries) {
    await symlink(join(ROOT, "node_modules", name), join(packages, name));
  }
}

describe("npx wrangler dev in a fresh clone after npm ci", () => {
  let origin: string;

  const cleanUp = cleanUpAfterAll();

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "tallyman-clone-"));
    cleanUp(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
    await cloneInto(folder);
    await installInto(folder);
    // The last step of npm ci.
    const outside = { ...process.env, CI: "", WORKERS_CI: "" };
    execFileSync("npm", ["run", "--silent", "prepare"], { cwd: folder, env: outside });
    const options = ["--ip", "127.0.0.1", "--port", "0", "--inspector-port", "0"];
    const serving = spawn("npx", ["wrangler", "dev", ...options], {
      cwd: folder,
      env: outside,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    cleanUp(async () => {
      const closed = once(serving, "close");
      signalGroup(serving, "SIGKILL");
      await closed;
    });
    origin = await addressOf(serving);
  });

  test("builds and serves the page", async () => {
    const page = await fetch(origin);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("Tallyman");
  });

  test("lets a page of any site create a batch without a grant", async () => {
    const headers = { Origin: "http://localhost:5173" };
    const init = { method: "POST", headers, body: "{}" };
    const created = await fetch(`${origin}/v1/batches`, init);
    expect(created.status).toBe(201);
    expect(created.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });

  // Both paths respond 200 in this version of Wrangler unless .env turns the explorer off.
  test.each(["/cdn-cgi/explorer/api", "/cdn-cgi/local/explorer/api", "/cdn-cgi/local/explorer"])(
    "does not open Wrangler's explorer of stored files: %s",
    async (path) => {
      expect((await fetch(origin + path)).status).toBe(404);
    },
  );
});
