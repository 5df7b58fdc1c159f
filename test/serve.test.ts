import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { BatchApi, createBatch } from "../client/api/batch-api.ts";
import { freePort } from "../client/testing/free-port.ts";
import { TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { addressOf, ROOT } from "./support/process-group.ts";
import { startServer } from "./support/server.ts";

const { signal } = new AbortController();
const secret = "the-same-before-and-after-a-restart";
let state: string;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-state-"));
  cleanUp(() => rm(state, { recursive: true, force: true }));
});

test("the page and the API have one address", async () => {
  const server = await startServer();
  const page = await fetch(server.origin);
  const html = await page.text();
  const health = await (await fetch(`${server.origin}/v1/health`)).text();
  await server.stop();
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(html).toContain("Tallyman");
  expect(JSON.parse(health)).toMatchObject({ ok: true });
});

test("a stored page with an unknown encoding is served", async () => {
  const server = await startServer();
  const batch = await TestBatch.create(server.origin, [
    { name: "page.html", size: 3, type: "text/html; charset=x" },
  ]);
  await batch.put(0, "<p>");
  const content = await batch.call("/files/0/content");
  const served = [content.status, await content.text()];
  await server.stop();
  expect(served).toEqual([200, "<p>"]);
});

test.each(["stop", "kill"] as const)("a %s of the server loses no batch", async (end) => {
  const before = await startServer({ state, secret, port: await freePort() });
  const files = [{ name: "kept.txt", size: 4 }];
  const { id, tokens } = await createBatch(before.origin, undefined, { files }, { signal });
  await before[end]();
  await expect(fetch(before.origin)).rejects.toThrow("fetch failed");

  const after = await startServer({ state, secret });
  const { totals } = await new BatchApi(after.origin, id, tokens.read, signal).batch();
  await after.stop();
  expect(totals).toMatchObject({ files: 1, queued: 1, bytes: 4 });
});

test.each([
  ["port in use", () => takenPort(), "is in use"],
  ["invalid port", () => "eighty", "is not a valid port"],
])("an %s ends the server with a message that says what to do", async (_, choose, reason) => {
  const port = await choose();
  const serving = spawn(process.execPath, ["serve.ts"], { env: { ...process.env, PORT: port } });
  const [errors, [code]] = await Promise.all([text(serving.stderr), once(serving, "exit")]);
  expect(code).toBe(1);
  expect(errors).toContain(reason);
  expect(errors).toContain("PORT=8788 npm start");
});

/** @returns a port on which this process listens until it ends */
async function takenPort(): Promise<string> {
  const other = createServer().listen(0, "127.0.0.1").unref();
  await once(other, "listening");
  const address = other.address();
  return address && typeof address === "object" ? String(address.port) : "";
}

/** Starts a command in the project's folder, with data of its own. */
function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const own = ["--persist-to", state, "--inspector-port", "0"];
  const serving = spawn(command, [...args, ...own], {
    cwd: ROOT,
    env: { ...process.env, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void serving.kill());
  return serving;
}

/** @returns Node's options with which a started process imports a module first */
function importing(module: URL): string {
  return `--import=${fileURLToPath(module)}`;
}

/** Sends SIGTERM. Resolves when neither the process nor one that it has started is left. */
async function terminate(serving: ChildProcess): Promise<void> {
  // "close" comes when no process holds the output any more.
  const closed = once(serving, "close");
  serving.kill();
  await closed;
}

/** Before Wrangler starts, while it starts workerd, and when it is ready, on a fast machine. */
const MOMENTS_MS = Array.from({ length: 16 }, (_, step) => step * 120);

test.each(MOMENTS_MS)("SIGTERM after %i ms leaves no message and no process", async (ms) => {
  const serving = start(process.execPath, ["serve.ts"]);
  const output = Promise.all([text(serving.stdout), text(serving.stderr)]);
  await sleep(ms);
  await terminate(serving);
  const [printed, errors] = await output;
  expect(errors).toBe("");
  expect(printed.replace(/^Tallyman is at .*\n/u, "")).toBe("");
});

test("a signal just before Wrangler is ready leaves no address", async () => {
  const serving = start(process.execPath, ["serve.ts"], {
    NODE_OPTIONS: importing(new URL("support/signal-when-ready.ts", import.meta.url)),
  });
  expect(await text(serving.stdout)).toBe("");
});

/** Runs a command in a terminal. */
const SCRIPT = "/usr/bin/script";

test.runIf(process.platform === "linux" && existsSync(SCRIPT)).each([300, 600, 900, 1200, 1500])(
  "Ctrl-C in a terminal after %i ms leaves no message",
  async (ms) => {
    const command = `echo ready; exec node serve.ts --persist-to ${state} --inspector-port 0`;
    const terminal = spawn(SCRIPT, ["-qec", command, "/dev/null"], {
      cwd: ROOT,
      env: { ...process.env, PORT: "0" },
    });
    onTestFinished(() => void terminal.kill());
    const output = text(terminal.stdout);
    // Keys that come before the terminal is ready end nothing.
    await once(terminal.stdout, "data");
    await sleep(ms);
    terminal.stdin.write("\u0003");
    await once(terminal, "close");
    // The terminal prints the key.
    expect((await output).replace(/Tallyman is at .*\r\n/u, "")).toBe("ready\r\n^C");
  },
);

test("a second npm start runs no build and no installation", async () => {
  spawnSync(process.execPath, ["setup.mjs", "build"], { cwd: ROOT });
  const processes = join(state, "processes");
  const serving = start("npm", ["start", "--silent", "--"], {
    NODE_OPTIONS: importing(new URL("support/record-process.ts", import.meta.url)),
    RECORD_PROCESSES: processes,
  });
  await addressOf(serving);
  await terminate(serving);
  const lines = (await readFile(processes, "utf8")).trim().split("\n");
  const programs = lines.map((line) => line.split(" ").slice(0, 2).join(" "));
  expect(programs).toEqual([
    "npm start",
    "setup.mjs build",
    "serve.ts --persist-to",
    "cli.js dev",
    "setup.mjs build",
  ]);
});
