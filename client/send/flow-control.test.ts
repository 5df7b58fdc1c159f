import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MIB } from "../../protocol/index.ts";
import { ProblemError, timedOut } from "../errors.ts";
import { Ledger } from "../ledger.ts";
import { FlowControl } from "./flow-control.ts";
import { outcomeOfProblem, type UploadOutcomes } from "./outcome.ts";
import { asRequest, MIN_BUNDLE_WEIGHT, type PlannedRequest } from "./planner.ts";

let ledger: Ledger;
let flow: FlowControl;
let rev = 1;
/** Most requests in flight. */
let most = Infinity;

beforeEach(() => {
  vi.useFakeTimers();
  most = Infinity;
});
afterEach(() => void vi.useRealTimers());

/** Declares files with these sizes. */
function declare(...sizes: number[]): void {
  ledger = new Ledger();
  flow = new FlowControl({ ledger, most: () => most });
  ledger.declare(
    sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
}

/** A request in flight. */
interface Flight {
  /** Ends it with these outcomes; by default, all is stored. */
  end: (outcomes?: UploadOutcomes) => Promise<void>;
}

function send(request: PlannedRequest): Flight {
  const response = Promise.withResolvers<UploadOutcomes>();
  const flight = flow.hold(request, () => flow.measure(request, () => response.promise));
  const stored: UploadOutcomes = new Map(request.files.map((id) => [id, { kind: "done" }]));
  return {
    async end(outcomes = stored) {
      response.resolve(outcomes);
      await flight;
    },
  };
}

const partOf = (file: number, part: number): PlannedRequest => {
  return { kind: "part", files: [file], part, isRepeat: false };
};

/** Applies a row, as a frame does. */
function receive(id: number, bytes: number): void {
  ledger.apply([id, "uploading", 1, bytes, null], ++rev);
  flow.onFilesChanged([id]);
}

describe("before any byte is confirmed", () => {
  test("one photograph is in flight, or several bundles of tiny files", () => {
    declare(200_000, ...Array.from({ length: 24 }, () => 2000));
    send(asRequest([0]));
    expect(flow.admits(200_000, false)).toBe(false);
    declare(...Array.from({ length: 24 }, () => 2000));
    for (let first = 0; first < 18; first += 6) {
      expect(flow.admits(12_000, true)).toBe(true);
      send(asRequest([0, 1, 2, 3, 4, 5].map((id) => id + first)));
    }
  });

  test("one request is always in flight, whatever its size", () => {
    declare(100 * MIB);
    expect(flow.admits(8 * MIB, false)).toBe(true);
    send(partOf(0, 1));
    expect(flow.admits(8 * MIB, false)).toBe(false);
  });
});

describe("bytes in flight", () => {
  test("are confirmed by rows and by responses", async () => {
    declare(300_000, 200_000);
    const flights = [send(asRequest([0])), send(asRequest([1]))];
    receive(0, 100_000);
    expect([flow.confirmed, flow.unconfirmed]).toEqual([100_000, 400_000]);
    // After a restart, the server has none of the file.
    receive(0, 0);
    expect(flow.confirmed).toBe(100_000);
    await flights[0]?.end();
    expect([flow.confirmed, flow.unconfirmed]).toEqual([300_000, 200_000]);
  });

  test("of a part are confirmed once, by its response or by rows before and after it", async () => {
    declare(100 * MIB);
    const parts = [1, 2, 3].map((part) => send(partOf(0, part)));
    receive(0, 2 * MIB);
    await parts[0]?.end();
    expect([flow.confirmed, flow.unconfirmed]).toEqual([8 * MIB, 16 * MIB]);
    receive(0, 8 * MIB);
    expect([flow.confirmed, flow.unconfirmed]).toEqual([8 * MIB, 16 * MIB]);
    receive(0, 9 * MIB);
    expect([flow.confirmed, flow.unconfirmed]).toEqual([9 * MIB, 15 * MIB]);
  });

  test("follow the confirmed rate: a scanner that passes on 125 kB/s isn't filled", () => {
    declare(100 * MIB);
    send(partOf(0, 1));
    for (let second = 1; second <= 60; second++) {
      vi.advanceTimersByTime(1000);
      receive(0, second * 125_000);
    }
    expect(flow.admits(8 * MIB, false)).toBe(false);
    expect(flow.admits(1, false)).toBe(false);
  });

  test("the next part starts before the last bytes of the previous one are confirmed", () => {
    declare(100 * MIB);
    send(partOf(0, 1));
    for (let bytes = 0; bytes < 8 * MIB; bytes += 125_000) {
      vi.advanceTimersByTime(1000);
      receive(0, bytes);
    }
    expect(flow.admits(8 * MIB, false)).toBe(true);
  });

  test("a fast connection has several parts in flight", async () => {
    declare(100 * MIB);
    const first = send(partOf(0, 1));
    vi.advanceTimersByTime(100);
    await first.end();
    for (let part = 2; part <= 8; part++) {
      expect(flow.admits(8 * MIB, false)).toBe(true);
      send(partOf(0, part));
    }
  });

  test("bundles share the memory of one isolate", async () => {
    const size = 4 * MIB;
    declare(...Array.from({ length: 20 }, () => size));
    const first = send(asRequest([0, 1]));
    vi.advanceTimersByTime(10);
    await first.end();
    for (let id = 2; id < 10; id += 2) {
      expect(flow.admits(2 * size, true)).toBe(true);
      send(asRequest([id, id + 1]));
    }
    expect(flow.admits(2 * size, true)).toBe(false);
    // A file of its own is streamed.
    expect(flow.admits(size, false)).toBe(true);
  });
});

describe("bundles", () => {
  /** Sends a bundle of six files, which takes a fifth of a second. */
  async function sendFirst(): Promise<void> {
    const first = send(asRequest([0, 1, 2, 3, 4, 5]));
    vi.advanceTimersByTime(200);
    await first.end();
  }

  test("are small while the number of requests doubles, and then take about a second", async () => {
    most = 1;
    declare(...Array.from({ length: 6 }, () => 0));
    most = Infinity;
    await sendFirst();
    expect(flow.bundleWeight).toBe(MIN_BUNDLE_WEIGHT);
    most = 1;
    await sendFirst();
    await sendFirst();
    expect(flow.bundleWeight).toBeGreaterThanOrEqual(4 * MIN_BUNDLE_WEIGHT);
  });

  test.each([
    ["a time-out", timedOut("No progress.")],
    ["503 busy", new ProblemError({ code: "busy", detail: "" })],
    ["429", new ProblemError({ code: "rate_limited", detail: "" })],
  ])("half as many are in flight after %s", async (_name, problem) => {
    declare(...Array.from({ length: 7 }, () => 0));
    const request = send(asRequest([6]));
    vi.advanceTimersByTime(200);
    await request.end(new Map([[6, outcomeOfProblem(problem)]]));
    expect(flow.limit).toBe(2);
  });

  test("are smaller after a time-out", async () => {
    declare(...Array.from({ length: 7 }, () => 0));
    await sendFirst();
    const request = send(asRequest([6]));
    vi.advanceTimersByTime(120_000);
    await request.end(new Map([[6, outcomeOfProblem(timedOut("No progress."))]]));
    expect(flow.bundleWeight).toBe(MIN_BUNDLE_WEIGHT);
  });

  test("of all requests together fit into the isolate's memory", () => {
    declare(1);
    expect(flow.limit * flow.bundleBytes).toBe(32 * MIB);
  });
});
