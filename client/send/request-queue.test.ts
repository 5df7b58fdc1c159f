import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { LIMITS, partLayout } from "../../protocol/index.ts";
import { RequestQueue } from "./request-queue.ts";
import { Ledger } from "../ledger.ts";
import { TokenBucket } from "./bandwidth.ts";
import type { PartName } from "./part-digests.ts";
import type { PartRequest, PlannedRequest } from "./planner.ts";
import { connectionFailed } from "../errors.ts";

const MIB = 1024 * 1024;
const limits = { ...LIMITS, bundleBytes: 8 * MIB };
let ledger: Ledger;
let bandwidth: TokenBucket;
/** What was last told to come next. */
let upcoming: readonly PartName[];

beforeEach(() => {
  ledger = new Ledger();
  bandwidth = new TokenBucket();
});

/** A queue of files of these sizes. */
function queueOf(sizes: readonly number[], concurrency = 4): RequestQueue {
  ledger.declare(
    sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  const onUpcoming = (parts: readonly PartName[]) => void (upcoming = parts);
  const queue = new RequestQueue({ ledger, limits, concurrency, bandwidth, onUpcoming });
  queue.add([...sizes.keys()]);
  return queue;
}

function* drain(queue: RequestQueue): Generator<PlannedRequest> {
  for (let next = queue.next(); next !== undefined; next = queue.next()) yield next;
}

/** `file/part` of every part in turn, and `+` for what carries small files. */
function shape(queue: RequestQueue): string {
  const names = Array.from(drain(queue), (request) =>
    request.kind === "part" ? `${request.files[0]}/${request.part}` : "+",
  );
  return names.join(" ");
}

describe("who is next", () => {
  test("one large file goes part by part", () => {
    expect(shape(queueOf([20 * MIB]))).toBe("0/1 0/2 0/3");
  });

  test("large files share their turns", () => {
    expect(shape(queueOf([20 * MIB, 30 * MIB]))).toBe("0/1 1/1 0/2 1/2 0/3 1/3 1/4");
  });

  test("no more of them than there are concurrency: the next follows when one is through", () => {
    const sizes = [9 * MIB, 20 * MIB, 9 * MIB];
    expect(shape(queueOf(sizes, 2))).toBe("0/1 1/1 0/2 1/2 2/1 1/3 2/2");
  });

  test("small files wait for no large one, and large ones not for all the small ones", () => {
    const small = Array.from({ length: 150 }, () => 100_000);
    expect(shape(queueOf([33 * MIB, ...small]))).toBe("+ 0/1 + 0/2 + 0/3 + 0/4 0/5");
  });

  test("a part that is put back comes before the others of its file", () => {
    const queue = queueOf([40 * MIB]);
    const [first, second] = [queue.next(), queue.next()];
    if (first?.kind !== "part" || second?.kind !== "part") throw new Error("These are parts.");
    queue.largeFile(0)?.fail(1, connectionFailed());
    queue.putBack(first);
    expect(queue.next()).toEqual({ kind: "part", files: [0], part: 1, isRepeat: true });
    expect(queue.next()).toEqual({ kind: "part", files: [0], part: 3, isRepeat: false });
  });

  test("of a removed file nothing comes", () => {
    const queue = queueOf([20 * MIB, 20 * MIB]);
    queue.next();
    queue.remove(0);
    expect(shape(queue)).toBe("1/1 1/2 1/3");
  });
});

test("a bundle is a second's worth at most, also where the bandwidth comes later", () => {
  const queue = queueOf(Array.from({ length: 100 }, () => 50_000));
  const first = queue.next();
  expect(first?.files).toHaveLength(25);
  bandwidth.bytesPerSecond = 200_000;
  const rest = Array.from(drain(queue), ({ files }) => files);
  expect(rest.every(({ length }) => length <= 4)).toBe(true);
  expect(rest.flat()).toEqual(Array.from({ length: 75 }, (_, n) => 25 + n));
});

describe("a file of which something may be there", () => {
  test("is asked about, and only what is missing is sent", () => {
    ledger.apply([0, "queued", 20, 16 * MIB, null], 2);
    const queue = queueOf([40 * MIB]);
    expect(queue.largeFile(0)?.sentBytes).toBe(16 * MIB);
    expect([...drain(queue)]).toEqual([{ kind: "listParts", files: [0] }]);
    queue.partsListed(0, [1, 4], true);
    expect(queue.largeFile(0)?.sentBytes).toBe(16 * MIB);
    expect(shape(queue)).toBe("0/2 0/3 0/5");
  });

  test("with all its parts there sends its last one again: somebody has to put them together", () => {
    ledger.apply([0, "queued", 49, 20 * MIB, null], 2);
    const queue = queueOf([20 * MIB]);
    queue.next();
    queue.partsListed(0, [1, 2, 3], true);
    expect(shape(queue)).toBe("0/3");
    queue.largeFile(0)?.setSent(3, 4 * MIB);
    expect(queue.largeFile(0)?.sentBytes).toBe(20 * MIB);
  });
});

type Fate = "stored" | "failed" | "paused";

test("whatever fails and however often, every part is kept once, and no byte counts twice", () => {
  const sizes = fc.array(fc.integer({ min: 8 * MIB + 1, max: 100 * MIB }), {
    minLength: 1,
    maxLength: 6,
  });
  const fates = fc.array(fc.constantFrom<Fate>("stored", "failed", "paused"), { maxLength: 200 });
  fc.assert(
    fc.property(sizes, fates, (list, fated) => {
      ledger = new Ledger();
      const queue = queueOf(list);
      const server = list.map(() => new Set<number>());
      for (const request of drain(queue)) {
        const stored = server[request.files[0] ?? -1] ?? new Set();
        const fate = fated.pop() ?? "stored";
        if (request.kind === "part") settle(queue, request, fate, stored);
        expectTrueCounts(queue, list);
      }
      expect(server.map(({ size }) => size)).toEqual(list.map((size) => partLayout(size).count));
      expect(list.map((_, id) => queue.largeFile(id)?.storedBytes)).toEqual(list);
      expect(list.every((_, id) => queue.largeFile(id)?.isSent)).toBe(true);
    }),
  );
});

function settle(queue: RequestQueue, request: PartRequest, fate: Fate, stored: Set<number>): void {
  const { part, files } = request;
  const file = queue.largeFile(files[0]);
  expect(stored.has(part)).toBe(false);
  file?.setSent(part, 3 * MIB);
  if (fate === "stored") {
    stored.add(part);
    return file?.partStored(part);
  }
  if (fate === "failed") file?.fail(part, connectionFailed());
  queue.putBack(request);
}

function expectTrueCounts(queue: RequestQueue, sizes: readonly number[]): void {
  for (const [id, size] of sizes.entries()) {
    const file = queue.largeFile(id);
    expect(file?.sentBytes).toBeLessThanOrEqual(size);
    expect(file?.sentBytes).toBeGreaterThanOrEqual(file?.storedBytes ?? 0);
  }
}

test("what comes next is told before it is taken, of as many files as share their turns", () => {
  const queue = queueOf([40 * MIB, 1, 9 * MIB, 40 * MIB], 2);
  const names = (parts: readonly PartName[]) => parts.map((name) => name.join());
  expect(names(upcoming)).toEqual(["0,1", "0,2", "0,3", "0,4", "2,1", "2,2"]);
  const taken: string[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) {
    if (next.kind !== "part") continue;
    const [file] = next.files;
    taken.push(`${file},${next.part}`);
    expect(names(upcoming)).not.toContain(taken.at(-1));
  }
  expect(taken.toSorted()).toEqual([
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
