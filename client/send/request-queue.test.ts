import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { LIMITS, partLayout } from "../../protocol/index.ts";
import { Backlog } from "./request-queue.ts";
import { Ledger } from "../ledger.ts";
import { Pace } from "./bandwidth.ts";
import type { PartName } from "./part-digests.ts";
import type { PartRequest, PlannedRequest } from "./planner.ts";
import { connectionFailed } from "../errors.ts";

const MIB = 1024 * 1024;
const limits = { ...LIMITS, bundleBytes: 8 * MIB };
let ledger: Ledger;
let pace: Pace;
/** What was last told to come next. */
let upcoming: readonly PartName[];

beforeEach(() => {
  ledger = new Ledger();
  pace = new Pace();
});

/** A backlog of files of these sizes. */
function backlogOf(sizes: readonly number[], lanes = 4): Backlog {
  ledger.declare(
    sizes.map((size, id) => ({ name: `${id}`, path: null, size, type: "" })),
    1,
  );
  const onUpcoming = (parts: readonly PartName[]) => void (upcoming = parts);
  const backlog = new Backlog({ ledger, limits, lanes, pace, onUpcoming });
  backlog.add([...sizes.keys()]);
  return backlog;
}

function* drain(backlog: Backlog): Generator<PlannedRequest> {
  for (let next = backlog.next(); next !== undefined; next = backlog.next()) yield next;
}

/** `file/part` of every part in turn, and `+` for what carries small files. */
function shape(backlog: Backlog): string {
  const names = Array.from(drain(backlog), (request) =>
    request.kind === "part" ? `${request.files[0]}/${request.part}` : "+",
  );
  return names.join(" ");
}

describe("who is next", () => {
  test("one large file goes part by part", () => {
    expect(shape(backlogOf([20 * MIB]))).toBe("0/1 0/2 0/3");
  });

  test("large files share their turns", () => {
    expect(shape(backlogOf([20 * MIB, 30 * MIB]))).toBe("0/1 1/1 0/2 1/2 0/3 1/3 1/4");
  });

  test("no more of them than there are lanes: the next follows when one is through", () => {
    const sizes = [9 * MIB, 20 * MIB, 9 * MIB];
    expect(shape(backlogOf(sizes, 2))).toBe("0/1 1/1 0/2 1/2 2/1 1/3 2/2");
  });

  test("small files wait for no large one, and large ones not for all the small ones", () => {
    const small = Array.from({ length: 150 }, () => 100_000);
    expect(shape(backlogOf([33 * MIB, ...small]))).toBe("+ 0/1 + 0/2 + 0/3 + 0/4 0/5");
  });

  test("a part that is put back comes before the others of its file", () => {
    const backlog = backlogOf([40 * MIB]);
    const [first, second] = [backlog.next(), backlog.next()];
    if (first?.kind !== "part" || second?.kind !== "part") throw new Error("These are parts.");
    backlog.parted(0)?.fail(1, connectionFailed());
    backlog.putBack(first);
    expect(backlog.next()).toEqual({ kind: "part", files: [0], part: 1, isRepeat: true });
    expect(backlog.next()).toEqual({ kind: "part", files: [0], part: 3, isRepeat: false });
  });

  test("of a removed file nothing comes", () => {
    const backlog = backlogOf([20 * MIB, 20 * MIB]);
    backlog.next();
    backlog.remove(0);
    expect(shape(backlog)).toBe("1/1 1/2 1/3");
  });
});

test("a bundle is a second's worth at most, also where the pace comes later", () => {
  const backlog = backlogOf(Array.from({ length: 100 }, () => 50_000));
  const first = backlog.next();
  expect(first?.files).toHaveLength(25);
  pace.bytesPerSecond = 200_000;
  backlog.replan();
  const rest = Array.from(drain(backlog), ({ files }) => files);
  expect(rest.every(({ length }) => length <= 4)).toBe(true);
  expect(rest.flat()).toEqual(Array.from({ length: 75 }, (_, n) => 25 + n));
});

describe("a file of which something may be there", () => {
  test("is asked about, and only what is missing is sent", () => {
    ledger.apply([0, "queued", 20, 16 * MIB, null], 2);
    const backlog = backlogOf([40 * MIB]);
    expect(backlog.parted(0)?.sentBytes).toBe(16 * MIB);
    expect([...drain(backlog)]).toEqual([{ kind: "survey", files: [0] }]);
    backlog.learn(0, [1, 4], true);
    expect(backlog.parted(0)?.sentBytes).toBe(16 * MIB);
    expect(shape(backlog)).toBe("0/2 0/3 0/5");
  });

  test("with all its parts there sends its last one again: somebody has to put them together", () => {
    ledger.apply([0, "queued", 49, 20 * MIB, null], 2);
    const backlog = backlogOf([20 * MIB]);
    backlog.next();
    backlog.learn(0, [1, 2, 3], true);
    expect(shape(backlog)).toBe("0/3");
    backlog.parted(0)?.setSent(3, 4 * MIB);
    expect(backlog.parted(0)?.sentBytes).toBe(20 * MIB);
  });
});

type Fate = "kept" | "failed" | "later";

test("whatever fails and however often, every part is kept once, and no byte counts twice", () => {
  const sizes = fc.array(fc.integer({ min: 8 * MIB + 1, max: 100 * MIB }), {
    minLength: 1,
    maxLength: 6,
  });
  const fates = fc.array(fc.constantFrom<Fate>("kept", "failed", "later"), { maxLength: 200 });
  fc.assert(
    fc.property(sizes, fates, (list, fated) => {
      ledger = new Ledger();
      const backlog = backlogOf(list);
      const server = list.map(() => new Set<number>());
      for (const request of drain(backlog)) {
        const stored = server[request.files[0] ?? -1] ?? new Set();
        const fate = fated.pop() ?? "kept";
        if (request.kind === "part") settle(backlog, request, fate, stored);
        expectTrueCounts(backlog, list);
      }
      expect(server.map(({ size }) => size)).toEqual(list.map((size) => partLayout(size).count));
      expect(list.map((_, id) => backlog.parted(id)?.storedBytes)).toEqual(list);
      expect(list.every((_, id) => backlog.parted(id)?.isSent)).toBe(true);
    }),
  );
});

function settle(backlog: Backlog, request: PartRequest, fate: Fate, stored: Set<number>): void {
  const { part, files } = request;
  const file = backlog.parted(files[0]);
  expect(stored.has(part)).toBe(false);
  file?.setSent(part, 3 * MIB);
  if (fate === "kept") {
    stored.add(part);
    return file?.keep(part);
  }
  if (fate === "failed") file?.fail(part, connectionFailed());
  backlog.putBack(request);
}

function expectTrueCounts(backlog: Backlog, sizes: readonly number[]): void {
  for (const [id, size] of sizes.entries()) {
    const file = backlog.parted(id);
    expect(file?.sentBytes).toBeLessThanOrEqual(size);
    expect(file?.sentBytes).toBeGreaterThanOrEqual(file?.storedBytes ?? 0);
  }
}

test("what comes next is told before it is taken, of as many files as share their turns", () => {
  const backlog = backlogOf([40 * MIB, 1, 9 * MIB, 40 * MIB], 2);
  const names = (parts: readonly PartName[]) => parts.map((name) => name.join());
  expect(names(upcoming)).toEqual(["0,1", "0,2", "0,3", "0,4", "2,1", "2,2"]);
  const taken: string[] = [];
  for (let next = backlog.next(); next !== undefined; next = backlog.next()) {
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
