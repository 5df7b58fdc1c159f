import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  FILE_STATES,
  fileWeight,
  isSettled,
  percentOf,
  type Row,
  type Totals,
} from "../protocol/index.ts";
import { Ledger } from "./ledger.ts";

function files(...sizes: number[]) {
  return sizes.map((size, n) => ({ name: `${n}.bin`, path: null, size, type: "" }));
}

function totals(changes: Partial<Totals>): Totals {
  return { ...new Ledger().totals, ...changes };
}

describe("Ledger", () => {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = new Ledger();
    ledger.declare(files(100, 0, 300), 1);
  });

  test("knows declared files before any frame", () => {
    expect(ledger.count).toBe(3);
    expect([ledger.name(2), ledger.path(2), ledger.size(2), ledger.type(2)]).toEqual([
      "2.bin",
      null,
      300,
      "",
    ]);
    expect(ledger.totals).toMatchObject({ files: 3, queued: 3, bytes: 400 });
    expect([ledger.state(0), ledger.progress(0), ledger.percentSent]).toEqual(["queued", 0, 0]);
    expect(() => ledger.name(3)).toThrow(RangeError);
  });

  test("an older row or total doesn't override a newer one", () => {
    ledger.apply([0, "completed", 100, 100, null], 9);
    ledger.apply([0, "uploading", 20, 40, null], 8);
    expect([ledger.state(0), ledger.progress(0)]).toEqual(["completed", 100]);
    ledger.setTotals(totals({ files: 3, completed: 3 }), 100, 9, 99);
    ledger.setTotals(totals({ files: 3, completed: 1 }), 30, 8, 20);
    const { percentComplete, percentStored } = ledger;
    expect([ledger.totals.completed, percentComplete, percentStored]).toEqual([3, 100, 99]);
  });

  test("a declaration that a frame has counted already isn't counted twice", () => {
    ledger.setTotals(totals({ files: 5, queued: 5, bytes: 900 }), 0, 4);
    ledger.declare(files(250, 250), 4);
    expect(ledger.totals).toMatchObject({ files: 5, queued: 5, bytes: 900 });
    expect(ledger.count).toBe(5);
  });

  test("a row that arrives before its file is applied when the file is added", () => {
    ledger.apply([3, "failed", 0, 0, "type_refused"], 4);
    ledger.apply([3, "queued", 0, 0, null], 2);
    expect(ledger.count).toBe(3);
    ledger.declare(files(7), 5);
    expect([ledger.state(3), ledger.errorCode(3)]).toEqual(["failed", "type_refused"]);
  });

  test("sent bytes decrease only when the file must be sent again", () => {
    ledger.setSent(0, 100);
    ledger.apply([0, "uploading", 20, 40, null], 2);
    expect(ledger.sentBytes(0)).toBe(100);
    ledger.apply([0, "queued", 0, 0, null], 3);
    expect([ledger.sentBytes(0), ledger.sentBytesTotal]).toEqual([0, 0]);
    ledger.setSent(0, 170);
    expect(ledger.sentBytes(0)).toBe(100);
    ledger.apply([0, "uploading", 50, 100, null], 4);
    ledger.setSent(0, 0);
    expect(ledger.sentBytes(0)).toBe(100);
  });

  test("bytes are summed by what became of their files", () => {
    ledger.declare(files(50, 60, 70), 2);
    ledger.setSent(2, 200);
    ledger.apply([2, "uploading", 12, 75, null], 3);
    ledger.apply([0, "processing", 75, 100, null], 3);
    ledger.apply([3, "failed", 0, 20, "type_refused"], 3);
    ledger.apply([4, "cancelled", 0, 10, null], 3);
    const all = { all: 580, stored: 100, received: 175, sent: 300 };
    expect(ledger.bytes).toEqual({ ...all, failed: 50, cancelled: 60 });

    ledger.setLocalFailure(5, "connection_failed");
    ledger.setLocalFailure(2, "connection_failed");
    expect(ledger.bytes).toEqual({
      all: 580,
      stored: 100,
      received: 100,
      sent: 100,
      failed: 420,
      cancelled: 60,
    });
    ledger.clearLocalFailure(2);
    ledger.apply([5, "completed", 100, 70, null], 4);
    expect(ledger.bytes).toEqual({
      ...all,
      stored: 170,
      received: 245,
      sent: 370,
      failed: 50,
      cancelled: 60,
    });
  });

  test("the bytes of a replaced file count for none", () => {
    ledger.apply([2, "cancelled", 0, 100, null], 3);
    expect(ledger.bytes).toMatchObject({ all: 400, cancelled: 300 });
    ledger.declare([{ name: "2.bin", path: null, size: 310, type: "" }], 4);
    expect(ledger.bytes).toEqual({
      all: 410,
      stored: 0,
      received: 0,
      sent: 0,
      failed: 0,
      cancelled: 0,
    });
  });

  test("a watcher's sent bytes are the received bytes", () => {
    ledger.apply([2, "uploading", 25, 150, null], 2);
    expect([ledger.sentBytes(2), ledger.receivedBytes(2), ledger.sentBytesTotal]).toEqual([
      150, 150, 150,
    ]);
  });

  test("a file in parts expires until it is stored", () => {
    const file = { ...files(100)[0], id: 0, state: "uploading", progress: 1, receivedBytes: 9 };
    const links = { self: "", content: "" };
    const multipartExpiresAt = "2026-12-20T12:00:00.000Z";
    const details = { name: "", attempts: 1, size: 100, type: "", path: null, links };
    ledger.setDetails({ ...file, ...details, id: 0, state: "uploading", multipartExpiresAt });
    expect([0, 1].map((id) => ledger.multipartExpiresAt(id))).toEqual([multipartExpiresAt, null]);
    ledger.apply([0, "uploading", 50, 100, null], 2);
    expect(ledger.multipartExpiresAt(0)).toBeNull();
  });

  test("a local failure makes a file failed until it is cleared, or the file is stored", () => {
    ledger.setLocalFailure(0, "connection_failed");
    expect([ledger.state(0), ledger.serverState(0), ledger.errorCode(0)]).toEqual([
      "failed",
      "queued",
      "connection_failed",
    ]);
    ledger.apply([0, "uploading", 10, 20, null], 2);
    expect(ledger.state(0)).toBe("failed");
    ledger.clearLocalFailure(0);
    expect(ledger.state(0)).toBe("uploading");
    ledger.setLocalFailure(0, "connection_failed");
    ledger.apply([0, "uploading", 50, 100, null], 3);
    expect([ledger.state(0), ledger.errorCode(0), ledger.localFailures.size]).toEqual([
      "uploading",
      null,
      0,
    ]);
  });

  test("percentSent is 100 when every file is sent or settled, including empty and failed ones", () => {
    ledger.setSent(0, 100);
    ledger.apply([1, "processing", 75, 0, null], 2);
    expect(ledger.percentSent).toBeLessThan(100);
    ledger.apply([2, "failed", 0, 0, "type_refused"], 3);
    expect(ledger.percentSent).toBe(100);
  });

  test("ignores unknown states and replaces unknown codes", () => {
    const rows: Row[] = JSON.parse('[[0,"archived",3,3,null],[1,"failed",0,0,"out_of_paper"]]');
    for (const row of rows) ledger.apply(row, 5);
    expect(ledger.state(0)).toBe("queued");
    expect([ledger.state(1), ledger.errorCode(1)]).toEqual(["failed", "unexpected_answer"]);
  });
});

test("the sums equal the sums of the rows after any sequence of changes", () => {
  const id = fc.nat({ max: 12 });
  const step = fc.oneof(
    fc.record({ add: fc.array(fc.nat({ max: 1_000_000 }), { maxLength: 4 }) }),
    fc.record({ sent: fc.tuple(id, fc.nat({ max: 1_200_000 })) }),
    fc.record({
      row: fc.tuple(
        id,
        fc.constantFrom(...FILE_STATES),
        fc.nat({ max: 100 }),
        fc.nat({ max: 1_000_000 }),
        fc.constant(null),
      ),
      rev: fc.nat({ max: 50 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = new Ledger();
      for (const [n, now] of steps.entries()) {
        if ("add" in now) ledger.declare(files(...now.add), n + 1);
        else if ("sent" in now) sendSome(ledger, now.sent);
        else ledger.apply(now.row, now.rev);
        expect(sums(ledger)).toEqual([ledger.sentBytesTotal, ledger.percentSent]);
        expect(recounted(ledger)).toEqual(ledger.bytes);
        expect(ledger.sentBytesTotal).toBeLessThanOrEqual(ledger.totals.bytes);
      }
    }),
  );
});

function sendSome(ledger: Ledger, [id, bytes]: [number, number]): void {
  if (id < ledger.count) ledger.setSent(id, bytes);
}

function recounted(ledger: Ledger): Ledger["bytes"] {
  const bytes = { all: 0, stored: 0, received: 0, sent: 0, failed: 0, cancelled: 0 };
  for (let id = 0; id < ledger.count; id++) {
    if (ledger.isReplaced(id)) continue;
    const [size, state] = [ledger.size(id), ledger.state(id)];
    bytes.all += size;
    if (state === "failed" || state === "cancelled") {
      bytes[state] += size;
      continue;
    }
    const isStored = ledger.isUploadDone(id);
    const received = isStored ? size : ledger.receivedBytes(id);
    if (isStored) bytes.stored += size;
    bytes.received += received;
    bytes.sent += Math.max(received, ledger.sentBytes(id));
  }
  return bytes;
}

function sums(ledger: Ledger): [bytes: number, percent: number] {
  let [bytes, done, whole] = [0, 0, 0];
  for (let id = 0; id < ledger.count; id++) {
    const size = ledger.size(id);
    bytes += ledger.sentBytes(id);
    whole += fileWeight(size);
    if (isSettled(ledger.state(id))) done += fileWeight(size);
    else if (size > 0) done += Math.floor((fileWeight(size) * ledger.sentBytes(id)) / size);
    else if (ledger.state(id) !== "queued") done += fileWeight(size);
  }
  return [bytes, percentOf(done, whole)];
}

test("columns keep their values as they grow to 10,000 files", () => {
  const ledger = new Ledger();
  for (let page = 0; page < 10; page++) {
    ledger.add(files(...Array.from({ length: 1000 }, (_, n) => page * 1000 + n)));
    ledger.apply([page * 1000, "uploading", 10, page, null], page + 1);
  }
  expect(ledger.count).toBe(10_000);
  expect([ledger.size(9999), ledger.size(0), ledger.receivedBytes(9000)]).toEqual([9999, 0, 9]);
  expect(ledger.state(3000)).toBe("uploading");
});
