import { describe, expect, it } from "vitest";
import { fileError } from "../../protocol/index.ts";
import { type FileEvent, type FileRecord, needsCheck, newFile } from "./file.ts";
import { isDurableChange, restarted } from "./restart.ts";
import { isLateSuccess, transition } from "./transitions.ts";

const SIZE = 10_000_000;
const KEY = "batch/0/file";
const ERROR = fileError("checksum_mismatch", "Other bytes.");

const claimed = { file: 0, event: "claimed", by: "request" } as const;
const completes = (etag: string) => {
  const upload = { id: "upload", key: KEY, size: SIZE, isOpen: false, crc32: 5 };
  return { file: 0, event: "multipartCompleted", etag, ...upload } as const;
};
const checked = (etag: string, found = etag) => {
  const object = { etag: found, sha256: "digest" };
  return { file: 0, event: "digestChecked", etag, object } as const;
};
const refused = (etag: string, found = etag) => {
  const object = { etag: found, sha256: "other" };
  return { file: 0, event: "objectRefused", etag, object, error: ERROR } as const;
};

function after(file: FileRecord, ...events: FileEvent[]): FileRecord {
  return events.reduce((record, event) => transition(record, event, 1000), file);
}

/** A file with a declared digest that has just been completed from its parts. */
const unchecked = after(
  { ...newFile(SIZE), hasDigest: true },
  { file: 0, event: "multipartOpened", id: "upload", key: KEY },
  claimed,
  completes("first"),
  { file: 0, event: "processing", progress: 75 },
);

describe("a file whose declared digest is not checked", () => {
  it("is not completed by an object that was refused before", () => {
    const retried = after(unchecked, refused("first"), { file: 0, event: "retried" });
    expect(retried).toMatchObject({ state: "queued", unwantedObject: { etag: "first" } });
    expect(after(retried, completes("first"))).toBe(retried);
    expect(after(retried, completes("second"))).toMatchObject({ etag: "second" });
  });

  it("is not completed, and has no lease at whose end earlier code would complete it", () => {
    expect(after(unchecked, { file: 0, event: "completed", properties: {} })).toBe(unchecked);
    expect(unchecked).toMatchObject({ state: "processing", progress: 75 });
    expect(unchecked).not.toHaveProperty("lastActivityAt");
    expect(needsCheck(restarted(unchecked, 0))).toBe(true);
  });

  it("is claimed by the caller that completed it, and by each that reports on the check", () => {
    expect(unchecked.claim).toEqual({ at: 1000, by: "request" });
    const event = { file: 0, event: "checking", by: "alarm", etag: "first", progress: 80 } as const;
    const checking = transition(unchecked, event, 2000);
    expect(checking).toMatchObject({ claim: { at: 2000, by: "alarm" }, progress: 80 });
    expect(isDurableChange(unchecked, checking)).toBe(true);
    expect(transition(checking, { ...event, progress: 75 }, 3000).progress).toBe(80);
    expect(after(unchecked, { ...event, etag: "earlier" })).toBe(unchecked);
  });

  it("is completed with its digest, and with the etag of the object that was read", () => {
    expect(after(unchecked, checked("first", "second"))).toMatchObject({
      state: "completed",
      progress: 100,
      etag: "second",
      sha256: "digest",
    });
  });

  it("keeps its CRC-32 only if the object that was read is the recorded one", () => {
    const known = { ...unchecked, crc32: 7 };
    expect(after(known, checked("first"))).toMatchObject({ etag: "first", crc32: 7 });
    expect(after(known, checked("first", "second"))).not.toHaveProperty("crc32");
  });

  it.each([checked("earlier"), refused("earlier")])(
    "ignores the outcome of a check of an earlier object: $event",
    (event) => {
      expect(after(unchecked, event)).toBe(unchecked);
    },
  );

  it("fails with its object to be deleted, and can be sent again", () => {
    const failed = after(unchecked, refused("first"));
    expect(failed).toMatchObject({
      state: "failed",
      error: ERROR,
      unwantedObject: { key: KEY, etag: "first" },
    });
    for (const field of ["etag", "key", "partsDigest", "crc32", "claim"]) {
      expect(failed).not.toHaveProperty(field);
    }
    const retried = after(failed, { file: 0, event: "retried" });
    expect(retried).toMatchObject({ state: "queued", unwantedObject: { etag: "first" } });
    const deleted = after(retried, { file: 0, event: "objectDeleted", etag: "first" });
    expect(deleted).not.toHaveProperty("unwantedObject");
    expect(after(retried, { file: 0, event: "objectDeleted", etag: "second" })).toBe(retried);
  });

  it("stays failed when the completion of the refused object is reported a second time", () => {
    const failed = after(unchecked, refused("first"));
    expect(isLateSuccess(failed, completes("first"))).toBe(false);
    expect(isLateSuccess(failed, completes("second"))).toBe(true);
    expect(after(failed, checked("first"))).toBe(failed);
  });

  it("stays cancelled, with its object to be deleted", () => {
    const cancelled = after(unchecked, { file: 0, event: "cancelled" });
    expect(cancelled).toMatchObject({ state: "cancelled", unwantedObject: { etag: "first" } });
    expect(after(cancelled, checked("first"), refused("first"))).toBe(cancelled);
  });

  it("needs no check if one request sends it", () => {
    const stored = { file: 0, event: "stored", etag: "whole", sha256: "digest", key: KEY } as const;
    const file = after({ ...newFile(SIZE), hasDigest: true }, stored);
    expect(needsCheck(file)).toBe(false);
    expect(file).toHaveProperty("lastActivityAt");
  });
});

describe("the CRC-32 of an object that was read back", () => {
  const stored = { ...newFile(SIZE), state: "completed", etag: "first", crc32: 7 } as const;
  const lost = { file: 0, event: "crc32Lost", etag: "first" } as const;
  const found = (etag: string) => {
    const object = { etag: "second", crc32: 8 };
    return { file: 0, event: "crc32Found", etag, object } as const;
  };

  it("is recorded with the object's etag, and survives a restart", () => {
    const without = after(stored, lost);
    expect(without).not.toHaveProperty("crc32");
    expect(isDurableChange(stored, without)).toBe(true);
    const known = after(without, found("first"));
    expect(known).toEqual({ ...stored, etag: "second", crc32: 8 });
    expect(isDurableChange(without, known)).toBe(true);
  });

  it("of another object than the recorded one ends the digests of that", () => {
    const digests = { sha256: "digest", partsDigest: "parts" };
    const { crc32: _, ...without } = { ...stored, ...digests };
    expect(after(without, found("first"))).toEqual({ ...stored, etag: "second", crc32: 8 });
    const same = { ...found("first"), object: { etag: "first", crc32: 8 } };
    expect(after(without, same)).toEqual({ ...stored, ...digests, crc32: 8 });
  });

  it.each([found("first"), found("earlier"), { ...lost, etag: "earlier" }])(
    "changes nothing if it is known, or the report is late: $event $etag",
    (event) => {
      expect(after(stored, event)).toBe(stored);
    },
  );

  it("is not lost twice, and not that of a file without an object", () => {
    const without = after(stored, lost);
    expect(after(without, lost)).toBe(without);
    const fresh = newFile(SIZE);
    expect(after(fresh, lost, found("first"))).toBe(fresh);
  });
});
