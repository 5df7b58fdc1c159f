import * as fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { LIMITS, MIB, partLayout } from "../../protocol/index.ts";
import { RequestQueue } from "./request-queue.ts";
import { Ledger } from "../ledger.ts";
import { TokenBucket } from "./bandwidth.ts";
import { BodyLimit } from "./body-limit.ts";
import { FlowControl } from "./flow-control.ts";
import type { PartName } from "./part-digests.ts";
import { bytesOf, type PartRequest, type PlannedRequest, repeatOf } from "./planner.ts";
import { connectionFailed } from "../errors.ts";

const limits = { ...LIMITS, bundleBytes: 8 * MIB };
let ledger: Ledger;
let bandwidth: TokenBucket;
let bodyLimit: BodyLimit;
/** Argument of the last `onUpcoming`. */
let upcoming: readonly PartName[];

beforeEach(() => {
  ledger = new Ledger();
  bandwidth = new TokenBucket();
  bodyLimit = new BodyLimit();
});

/** Returns a queue of files with these sizes. */
function queueOf(sizes: readonly number[], concurrency = 4): RequestQueue {
  ledger.declare(
    sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  const onUpcoming = (parts: readonly PartName[]) => void (upcoming = parts);
  const flow = new FlowControl({ ledger, most: () => concurrency });
  const shared = { ledger, limits, bandwidth, bodyLimit, flow };
  const queue = new RequestQueue({ ...shared, onUpcoming });
  queue.add([...sizes.keys()]);
  return queue;
}

function* drain(queue: RequestQueue): Generator<PlannedRequest> {
  for (let next = queue.next(); next !== undefined; next = queue.next()) yield next;
}

/** Returns `file/part` for each part, and `+` for a request with small files, in order. */
function orderOf(queue: RequestQueue): string {
  const names = Array.from(drain(queue), (request) =>
    request.kind === "part" ? `${request.files[0]}/${request.part}` : "+",
  );
  return names.join(" ");
}

describe("next", () => {
  test("returns one large file part by part", () => {
    expect(orderOf(queueOf([20 * MIB]))).toBe("0/1 0/2 0/3");
  });

  test("alternates between large files", () => {
    expect(orderOf(queueOf([20 * MIB, 30 * MIB]))).toBe("0/1 1/1 0/2 1/2 0/3 1/3 1/4");
  });

  test("alternates between as many large files as connections; the next joins when one has ended", () => {
    const sizes = [9 * MIB, 20 * MIB, 9 * MIB];
    expect(orderOf(queueOf(sizes, 2))).toBe("0/1 1/1 0/2 1/2 2/1 1/3 2/2");
  });

  test("alternates between small and large files", () => {
    const small = Array.from({ length: 8 }, () => 100_000);
    expect(orderOf(queueOf([33 * MIB, ...small]))).toBe("+ 0/1 + 0/2 + 0/3 + 0/4 0/5");
  });

  test("returns a part that was put back before the others of its file", () => {
    const queue = queueOf([40 * MIB]);
    const [first, second] = [queue.next(), queue.next()];
    if (first?.kind !== "part" || second?.kind !== "part") throw new Error("Parts were expected.");
    queue.largeFile(0)?.fail(1, connectionFailed());
    queue.putBack(repeatOf(first));
    expect(queue.next()).toMatchObject({ kind: "part", files: [0], part: 1, isRepeat: true });
    expect(queue.next()).toEqual({ kind: "part", files: [0], part: 3, isRepeat: false });
  });

  test("returns nothing of a removed file", () => {
    const queue = queueOf([20 * MIB, 20 * MIB]);
    queue.next();
    queue.remove(0);
    expect(orderOf(queue)).toBe("1/1 1/2 1/3");
  });
});

test("a bundle holds at most a second's worth of the bandwidth limit, as it is when it starts", () => {
  const queue = queueOf(Array.from({ length: 24 }, () => 50_000));
  expect(queue.next()?.files).toEqual([0, 1, 2]);
  bandwidth.bytesPerSecond = 100_000;
  const rest = Array.from(drain(queue), ({ files }) => files);
  expect(rest.every(({ length }) => length <= 2)).toBe(true);
  expect(rest.flat()).toEqual(Array.from({ length: 21 }, (_, n) => 3 + n));
});

test("the work for one request doesn't grow with the number of files that wait", () => {
  const queue = queueOf(Array.from({ length: 10_000 }, () => 2000));
  const size = vi.spyOn(ledger, "size");
  expect(queue.next()?.files).toHaveLength(6);
  expect(size.mock.calls.length).toBeLessThan(100);
});

test("every small file is in one request, in order, and each request keeps the limits", () => {
  const sizes = fc.array(fc.nat({ max: 8 * MIB }), { maxLength: 200 });
  fc.assert(
    fc.property(sizes, (list) => {
      ledger = new Ledger();
      const requests = Array.from(drain(queueOf(list)), ({ files }) => files);
      expect(requests.flat()).toEqual(list.map((_, id) => id));
      for (const files of requests) {
        const bytes = files.reduce((sum, id) => sum + (list[id] ?? Number.NaN), 0);
        expect(files.length).toBeLessThanOrEqual(limits.bundleFiles);
        expect(bytes).toBeLessThanOrEqual(limits.bundleBytes);
      }
    }),
    { numRuns: 30 },
  );
});

describe("a file that may be stored in part", () => {
  test("starts with a list of its parts, and continues with the missing ones", () => {
    ledger.apply([0, "queued", 20, 16 * MIB, null], 2);
    const queue = queueOf([40 * MIB]);
    expect(queue.largeFile(0)?.sentBytes).toBe(16 * MIB);
    expect([...drain(queue)]).toEqual([{ kind: "listParts", files: [0] }]);
    queue.partsListed(0, [1, 4], true);
    expect(queue.largeFile(0)?.sentBytes).toBe(16 * MIB);
    expect(orderOf(queue)).toBe("0/2 0/3 0/5");
  });

  test("repeats its last part if all are stored, so that the server completes it", () => {
    ledger.apply([0, "queued", 49, 20 * MIB, null], 2);
    const queue = queueOf([20 * MIB]);
    queue.next();
    queue.partsListed(0, [1, 2, 3], true);
    expect(orderOf(queue)).toBe("0/3");
    queue.largeFile(0)?.setSent(3, 4 * MIB);
    expect(queue.largeFile(0)?.sentBytes).toBe(20 * MIB);
  });
});

describe("small files", () => {
  const sizes = Array.from({ length: 40 }, () => 100_000);

  test("20 of them use four connections", () => {
    const requests = drain(queueOf(Array.from({ length: 20 }, () => 2000)));
    expect(Array.from(requests, ({ files }) => files.length)).toEqual([6, 6, 6, 2]);
  });

  test("that were in one request before share one again, unless it would be too large", () => {
    const queue = queueOf(Array.from({ length: 12 }, () => 2 * MIB));
    const sent = Array.from(drain(queue), ({ files }) => files).flat();
    queue.addFirst(sent.slice(0, 6));
    queue.addFirst(sent.slice(6));
    const repeated = Array.from(drain(queue), ({ files }) => files);
    expect(repeated).toEqual([
      [6, 7, 8, 9],
      [10, 11],
      [0, 1, 2, 3],
      [4, 5],
    ]);
  });

  test("that were removed aren't sent", () => {
    const queue = queueOf([1, 2, 3]);
    queue.remove(1);
    expect(queue.next()?.files).toEqual([0, 2]);
  });

  test("that are put back or split are sent before all others, and not merged with them", () => {
    const queue = queueOf(sizes);
    const first = queue.next();
    if (first === undefined) throw new Error("A bundle was expected.");
    const others = Array.from({ length: 5 }, () => queue.next()?.files ?? []).flat();
    queue.putBack(repeatOf(first, { foreign: 1, network: 0, since: 0, areOthersStored: false }));
    queue.split(others, 4);
    expect(queue.next()).toMatchObject({ files: first.files, strikes: { foreign: 1 } });
    const parts = Array.from({ length: 4 }, () => queue.next()?.files ?? []);
    expect(parts.flat()).toEqual(others);
    expect(parts.map(({ length }) => length)).toEqual([3, 3, 3, 1]);
    expect(queue.next()?.files).not.toContain(first.files[0]);
  });

  test("share bundles that the network lets through", () => {
    bodyLimit.refuse(2 * MIB);
    for (const request of drain(queueOf(sizes)))
      expect(bytesOf(request, () => 100_000)).toBeLessThanOrEqual(MIB);
  });
});

type Outcome = "stored" | "failed" | "paused";

test("every part is stored once and no byte counts twice, whatever fails", () => {
  const sizes = fc.array(fc.integer({ min: 8 * MIB + 1, max: 100 * MIB }), {
    minLength: 1,
    maxLength: 6,
  });
  const randomOutcomes = fc.array(fc.constantFrom<Outcome>("stored", "failed", "paused"), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(sizes, randomOutcomes, (list, outcomes) => {
      ledger = new Ledger();
      const queue = queueOf(list);
      const server = list.map(() => new Set<number>());
      for (const request of drain(queue)) {
        const stored = server[request.files[0] ?? -1] ?? new Set();
        const outcome = outcomes.pop() ?? "stored";
        if (request.kind === "part") settle(queue, request, outcome, stored);
        expectConsistentCounts(queue, list);
      }
      expect(server.map(({ size }) => size)).toEqual(list.map((size) => partLayout(size).count));
      expect(list.map((_, id) => queue.largeFile(id)?.storedBytes)).toEqual(list);
      expect(list.every((_, id) => queue.largeFile(id)?.isSent)).toBe(true);
    }),
  );
});

function settle(
  queue: RequestQueue,
  request: PartRequest,
  outcome: Outcome,
  stored: Set<number>,
): void {
  const { part, files } = request;
  const file = queue.largeFile(files[0]);
  expect(stored.has(part)).toBe(false);
  file?.setSent(part, 3 * MIB);
  if (outcome === "stored") {
    stored.add(part);
    return file?.partStored(part);
  }
  if (outcome === "failed") file?.fail(part, connectionFailed());
  queue.putBack(request);
}

function expectConsistentCounts(queue: RequestQueue, sizes: readonly number[]): void {
  for (const [id, size] of sizes.entries()) {
    const file = queue.largeFile(id);
    expect(file?.sentBytes).toBeLessThanOrEqual(size);
    expect(file?.sentBytes).toBeGreaterThanOrEqual(file?.storedBytes ?? 0);
  }
}

test("onUpcoming gets the next parts of as many files as there are connections", () => {
  const queue = queueOf([40 * MIB, 1, 9 * MIB, 40 * MIB], 2);
  const names = (parts: readonly PartName[]) => parts.map((name) => name.join());
  expect(names(upcoming)).toEqual(["0,1", "0,2", "0,3", "0,4", "2,1", "2,2"]);
  const returned: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    if (next.kind !== "part") continue;
    const [file] = next.files;
    returned.push(`${file},${next.part}`);
    expect(names(upcoming)).not.toContain(returned.at(-1));
  }
  expect(returned.toSorted()).toEqual([
    "0,1",
    "0,2",
    "0,3",
    "0,4",
    "0,5",
    "2,1",
    "2,2",
    "3,1",
    "3,2",
    "3,3",
    "3,4",
    "3,5",
  ]);
  expect(upcoming).toEqual([]);
});
