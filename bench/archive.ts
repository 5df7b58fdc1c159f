// npm run bench:archive [-- ROUNDS]: archives beside plain downloads of the same files, one after the other,
// and the memory of an archive whose reader has stopped.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../client/testing/free-port.ts";
import { TestBatch } from "../test/support/batch.ts";
import { formBody, formRequest } from "../worker/testing/multipart.ts";
import { liveBytes, V8_FLAGS } from "./live-memory.ts";
import { processorMs } from "./processes.ts";
import { median, rangeOf, rowOf } from "./report.ts";
import { bundleWorker, startWorkerd, tallymanOptions } from "./workers.ts";

/** Cloudflare limits an isolate's heap together with its buffers, V8 only the heap. */
process.env["MINIFLARE_WORKERD_V8_FLAGS"] ??= V8_FLAGS;

const WORKLOADS = [
  { name: "490 × 200 KB", files: 490, bytes: 200_000 },
  { name: "10,000 × 2 KB", files: 10_000, bytes: 2000 },
  { name: "20 × 20 MB", files: 20, bytes: 20_000_000 },
];
const LARGEST_BUNDLE = 5_000_000;
/** Readers of one archive whose memory is measured: as many as a download manager opens. */
const READERS = 8;
const SETTLING_MS = 2000;

const rounds = Number(process.argv[2] ?? 5);
const bundle = await bundleWorker();
const inspectorPort = await freePort();
const { miniflare, pid, stop } = await startWorkerd(
  [{ ...tallymanOptions(bundle), ratelimits: {}, unsafeDirectSockets: [{}] }],
  { inspectorPort },
);

try {
  const { origin } = await miniflare.unsafeGetDirectURL("tallyman");
  console.log(
    "| files | plain, MB/s | archive, MB/s | ratio | all rounds | ratio by CPU | memory, 0 readers | 1 | 8 |",
  );
  console.log("|---|--:|--:|--:|:-:|--:|--:|--:|--:|");
  for (const workload of WORKLOADS) {
    const batch = await upload(origin, workload);
    console.log(
      rowOf([workload.name, ...(await speeds(batch, workload)), ...(await memory(batch))]),
    );
  }
} finally {
  await stop();
  await rm(bundle, { recursive: true });
}

/** A kind of file, and their number. */
interface Workload {
  files: number;
  bytes: number;
}

async function upload(origin: string, { files, bytes }: Workload): Promise<TestBatch> {
  const batch = await TestBatch.create(
    origin,
    Array.from({ length: files }, () => bytes),
  );
  const content = new Uint8Array(randomBytes(bytes));
  const bundled = Math.min(100, Math.ceil(LARGEST_BUNDLE / bytes));
  for (let first = 0; first < files; first += bundled) {
    const length = Math.min(bundled, files - first);
    await send(
      batch,
      Array.from({ length }, (_, index) => ({ name: first + index, bytes: content })),
    );
  }
  return batch;
}

/** Sends files together, or a large one alone. */
async function send(batch: TestBatch, files: { name: number; bytes: Uint8Array<ArrayBuffer> }[]) {
  const [first] = files;
  const response =
    files.length === 1 && first
      ? await batch.put(first.name, first.bytes)
      : await batch.call("/bundle", formRequest(formBody(files)));
  await response.body?.cancel();
}

async function speeds(batch: TestBatch, { files, bytes }: Workload): Promise<string[]> {
  const plain: Timed[] = [];
  const archive: Timed[] = [];
  const paths = Array.from({ length: files }, (_, id) => `/files/${id}/content`);
  for (let round = 0; round < rounds; round++) {
    plain.push(await timed(batch, paths));
    archive.push(await timed(batch, ["/archive"]));
  }
  const megabytes = (files * bytes) / 1e6;
  const ratios = plain.map(({ ms }, round) => ms / (archive[round]?.ms ?? 0));
  const byCpu = plain.map(({ cpuMs }, round) => cpuMs / (archive[round]?.cpuMs ?? 0));
  const speed = (all: Timed[]) =>
    (megabytes / (median(all.map(({ ms }) => ms)) / 1000)).toPrecision(3);
  return [
    speed(plain),
    speed(archive),
    median(ratios).toFixed(2),
    rangeOf(ratios),
    median(byCpu).toFixed(2),
  ];
}

interface Timed {
  ms: number;
  /** Processor time of workerd. */
  cpuMs: number;
}

/** Downloads from these paths, one after the other. */
async function timed(batch: TestBatch, paths: readonly string[]): Promise<Timed> {
  const [start, cpu] = [performance.now(), processorMs(pid)];
  for (const path of paths) {
    const response = await open(batch, path);
    if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
    response.resume();
    await once(response, "end");
  }
  return { ms: performance.now() - start, cpuMs: processorMs(pid) - cpu };
}

async function open(batch: TestBatch, path: string): Promise<IncomingMessage> {
  const headers = { Authorization: `Bearer ${batch.created.tokens.read}` };
  const request = get(`${batch.origin}${batch.path}${path}`, { headers });
  return new Promise((resolve, reject) => request.on("response", resolve).on("error", reject));
}

/** Returns the memory while nothing, one archive, and several archives are sent to readers that have stopped. */
async function memory(batch: TestBatch): Promise<string[]> {
  const readers: IncomingMessage[] = [];
  const measured: string[] = [];
  for (const count of [0, 1, READERS]) {
    while (readers.length < count) readers.push(await open(batch, "/archive"));
    await sleep(SETTLING_MS);
    measured.push(`${((await liveBytes(inspectorPort, "tallyman")) / 1e6).toFixed(1)} MB`);
  }
  for (const reader of readers) reader.destroy();
  return measured;
}
