import { describe, expect, test } from "vitest";
import { LIMITS, MINUTE_MS } from "../../protocol/index.ts";
import { type FileEvent, newFile } from "./file.ts";
import { newBatchRecord, Tally } from "./tally.ts";
import { leaseEndEvents, untilLeaseEnds } from "./upload-lease.ts";

const SECOND_PART_BYTES = 5;

/** Returns a tally with one file of two parts, after these events. */
function tallyAfter(...events: FileEvent[]): Tally {
  const tally = new Tally(newBatchRecord(0), []);
  tally.declare([newFile(LIMITS.partBytes + SECOND_PART_BYTES)]);
  tally.apply([{ file: 0, event: "multipartOpened", id: "id", key: "key" }, ...events], 0);
  return tally;
}

function part(upload: string, bytes: number): FileEvent[] {
  return [
    { file: 0, event: "partStarted", upload },
    { file: 0, event: "partStored", upload, bytes },
  ];
}

const first = part("first", LIMITS.partBytes);
const second = part("second", SECOND_PART_BYTES);

describe("the lease of an upload ends", () => {
  test("a minute after its last event", () => {
    const tally = tallyAfter(...first);
    expect(untilLeaseEnds(tally, 0)).toBe(MINUTE_MS);
    expect(leaseEndEvents(tally, MINUTE_MS - 1)).toEqual([]);
    expect(leaseEndEvents(tally, MINUTE_MS)).toEqual([{ file: 0, event: "timedOut" }]);
  });

  test("three minutes after the last part was stored, while R2 may complete the file", () => {
    const tally = tallyAfter(...first, ...second);
    expect(untilLeaseEnds(tally, 2 * MINUTE_MS)).toBe(MINUTE_MS);
    expect(leaseEndEvents(tally, 3 * MINUTE_MS - 1)).toEqual([]);
    expect(leaseEndEvents(tally, 3 * MINUTE_MS)).toEqual([{ file: 0, event: "timedOut" }]);
  });
});

test("bytes that arrive after the end return the uploads of all parts", () => {
  const tally = tallyAfter(
    { file: 0, event: "partStarted", upload: "first" },
    { file: 0, event: "partStarted", upload: "second" },
    { file: 0, event: "timedOut" },
    { file: 0, event: "receiving", upload: "first", receivedBytes: 100 },
    { file: 0, event: "receiving", upload: "second", receivedBytes: 3 },
  );
  expect(tally.files[0]).toMatchObject({ state: "uploading", receivedBytes: 103, attempts: 1 });
});
