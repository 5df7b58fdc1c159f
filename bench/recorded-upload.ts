import { setTimeout as sleep } from "node:timers/promises";
import { type Source, Uploader, Watcher } from "../client/index.ts";
import type { CreatedBatch } from "../protocol/index.ts";
import { DisplayedProgress } from "./displayed-progress.ts";
import { startLatencyProxy, startLink } from "./routes.ts";

/** Seconds for which a line keeps each of its rates. */
export const RATE_S = 60;

const ROUND_TRIP_MS = 60;
const SAMPLE_MS = 500;

/** The figures at one moment. */
export interface Sample {
  /** Seconds since the start. */
  at: number;
  /** The line's rate in bytes per second. */
  rate: number;
  bytesLeft: number;
  speed: number | null;
  /** Time left as it is shown, in seconds. */
  shown: number | null;
  /** The same for a viewer of the batch. */
  viewed: number | null;
}

/**
 * Uploads files over a slow line, and records the figures until all are stored.
 *
 * @param rates the line's, one after the other, in bytes per second; the last one stays
 */
export async function recordUpload(
  server: string,
  files: readonly Source[],
  rates: readonly number[],
): Promise<Sample[]> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const rate = () => rates[Math.floor(seconds() / RATE_S)] ?? rates.at(-1) ?? Infinity;
  const distant = await startLatencyProxy(server, ROUND_TRIP_MS);
  const link = await startLink(distant.origin, rate);
  const uploader = new Uploader({ endpoint: link.origin });
  const creating = creationOf(uploader);
  uploader.add(files);
  const { id, tokens } = await creating;
  const watcher = new Watcher({ endpoint: distant.origin, batch: id, token: tokens.read });
  const samples = await record(uploader, watcher, () => ({ at: seconds(), rate: rate() }));
  for (const opened of [uploader, watcher]) opened.dispose();
  for (const proxy of [link, distant]) await proxy.close();
  return samples;
}

async function record(
  uploader: Uploader,
  watcher: Watcher,
  line: () => Pick<Sample, "at" | "rate">,
): Promise<Sample[]> {
  const [own, viewers] = [new DisplayedProgress(uploader), new DisplayedProgress(watcher)];
  const samples: Sample[] = [];
  while (uploader.summary === null) {
    await sleep(SAMPLE_MS);
    const { bytesLeft, speed, timeLeft: shown } = own;
    samples.push({ ...line(), bytesLeft, speed, shown, viewed: viewers.timeLeft });
  }
  own.stop();
  viewers.stop();
  return samples;
}

function creationOf(uploader: Uploader): Promise<CreatedBatch> {
  return new Promise((resolve) => {
    uploader.on("files", () => uploader.created && resolve(uploader.created));
  });
}
