import { afterAll, beforeAll, describe, vi } from "vitest";
import { speedUpTimeouts } from "../support/fast-timeouts.ts";
import { buffer, orderedBuffer } from "../support/middleboxes/buffer.ts";
import { cutAfterBytes, cutAfterMs } from "../support/middleboxes/cut.ts";
import { drip } from "../support/middleboxes/drip.ts";
import type { Middlebox } from "../support/middleboxes/exchange.ts";
import { Line } from "../support/middleboxes/line.ts";
import { test } from "./network-test.ts";
import { zeros } from "./sources.ts";

/** The client's time-outs are shorter, and the lines faster, by this factor. */
const SPEED_UP = 10;
const MEGABIT = 125_000;
const BYTES = 25_000_000;
/** Bytes that may be sent for each byte that is stored. */
const MOST_SENT = 1.3;

const slowLine = () => new Line(SPEED_UP * MEGABIT);

const WORKLOADS = [
  { files: "one file", sources: zeros(1, BYTES) },
  { files: "250 files", sources: zeros(250, BYTES / 250) },
];

const NETWORKS: readonly { network: string; middlebox: () => Middlebox }[] = [
  { network: "accepts requests at once", middlebox: () => buffer(slowLine()) },
  { network: "accepts them at once, in their order", middlebox: () => orderedBuffer(slowLine()) },
  { network: "is slow", middlebox: () => drip(slowLine()) },
];

beforeAll(() => speedUpTimeouts(SPEED_UP));
afterAll(() => vi.restoreAllMocks());

describe.concurrent.each(WORKLOADS)("25 MB at 1 Mbit/s, in $files", ({ sources }) => {
  test.for(NETWORKS)(
    "arrive through a network that $network",
    async (each, { proxy, upload, expect }) => {
      proxy.middlebox = each.middlebox();
      const running = upload(sources);
      await running.expectAllStored();
      expect(proxy.receivedBytes).toBeLessThan(MOST_SENT * BYTES);
    },
  );
});

describe("connections that are cut", () => {
  test.for([
    { name: "after 3 MB", middlebox: cutAfterBytes(3_000_000) },
    { name: "after 3 s", middlebox: cutAfterMs(3000, drip(slowLine())) },
  ])("$name fail no file", async ({ middlebox }, { proxy, upload }) => {
    proxy.middlebox = middlebox;
    await upload(zeros(120, 200_000)).expectAllStored();
  });
});
