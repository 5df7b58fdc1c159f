import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Source, Uploader } from "../client/index.ts";
import type { FilePage, FileResource } from "../protocol/index.ts";
import { type Server, startServer } from "./support/server.ts";
import { Random } from "./simulation/random.ts";

const ROUNDS = 25;
/** Sizes in bytes of the small files, which share bundles, and of the large ones. */
const SMALL = { count: 60, least: 0, most: 60_000 };
const LARGE = { count: 2, least: 8_400_000, most: 10_000_000 };

const seed = Number(process.env["CRASH_SEED"] ?? randomBytes(4).readUInt32BE());
const random = new Random(seed);

let state: string;
let port: number;
let server: Server;

beforeAll(async () => {
  console.log(`CRASH_SEED=${seed}`);
  state = await mkdtemp(join(tmpdir(), "tallyman-crash-"));
  port = await freePort();
  server = await startServer({ port, state, secret: "the-same-through-every-one-of-the-crashes" });
});

afterAll(async () => {
  await server.stop();
  await rm(state, { recursive: true, force: true });
});

test.each(Array.from({ length: ROUNDS }, (_, round) => round + 1))(
  "crash %i: the client goes on by itself, and nothing is lost",
  async () => {
    const sources = filesOf(SMALL).concat(filesOf(LARGE));
    const uploader = new Uploader({ endpoint: server.origin });
    const revs = revsOf(uploader);
    const completed = new Promise((resolve) => uploader.on("completed", resolve));
    uploader.add(sources);
    await sleep(random.whole(50, 1500));
    const before = completedIn(uploader);
    await server.kill();
    server = await startServer({
      port,
      state,
      secret: "the-same-through-every-one-of-the-crashes",
    });
    await completed;

    const files = await filesIn(uploader);
    expect(revs).toEqual(revs.toSorted((a, b) => a - b));
    expect(files.filter(({ id }) => before.has(id)).map(({ state: now }) => now)).toEqual(
      Array.from(before, () => "completed"),
    );
    expect(await digestsIn(uploader, files)).toEqual(await digestsOf(sources));
    uploader.dispose();
  },
  120_000,
);

function filesOf({ count, least, most }: typeof SMALL): Source[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = randomBytes(random.whole(least, most));
    return { name: `${bytes.length}-${index}`, blob: new Blob([bytes]) };
  });
}

/** The rev of the batch whenever the client hears of one. */
function revsOf(uploader: Uploader): number[] {
  const revs: number[] = [];
  uploader.on("batch", ({ rev }) => revs.push(rev));
  return revs;
}

/** Files of which the server has said that they are completed. */
function completedIn({ ledger }: Uploader): Set<number> {
  const ids = Array.from({ length: ledger.count }, (_, id) => id);
  return new Set(ids.filter((id) => ledger.serverState(id) === "completed"));
}

async function filesIn(uploader: Uploader): Promise<FileResource[]> {
  const page: FilePage = await (await ask(uploader, uploader.created?.links.files ?? "")).json();
  return page.files;
}

/** The digest of each file's content as the server gives it back, by name. */
async function digestsIn(uploader: Uploader, files: FileResource[]): Promise<string[][]> {
  const digests: string[][] = [];
  for (const { name, links } of files) {
    const content = await ask(uploader, links.content);
    digests.push([name, sha256(await content.bytes())]);
  }
  return digests;
}

async function digestsOf(sources: Source[]): Promise<string[][]> {
  return Promise.all(sources.map(async ({ name, blob }) => [name, sha256(await blob.bytes())]));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A proxy in front of the Worker now and then has it restart in the middle of a request. */
async function ask(uploader: Uploader, path: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${uploader.created?.tokens.write}` };
  const answer = await fetch(`${server.origin}${path}`, { headers });
  return answer.status === 503 ? ask(uploader, path) : answer;
}

/** The port must be known before: the client looks for the server where it was. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address ? address.port : 0;
}
