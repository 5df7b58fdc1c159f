import { describe, expect, it } from "vitest";
import { fileError } from "../../protocol/index.ts";
import { newFile, type FileEvent } from "./file.ts";
import { newBatchRecord, Tally } from "./tally.ts";

const LIFETIMES = { batchLifetimeMs: 1000 };

function tallyOf(sizes: readonly number[]): Tally {
  const tally = new Tally(newBatchRecord(0), []);
  tally.declare(sizes.map(newFile));
  tally.commit(0, LIFETIMES);
  return tally;
}

function call(tally: Tally, events: FileEvent[] | "seal", now: number) {
  if (events === "seal") tally.seal();
  else tally.apply(events, now);
  return tally.commit(now, LIFETIMES);
}

describe("a file", () => {
  const steps: FileEvent[] = [
    { event: "started", file: 0, upload: "first" },
    { event: "receiving", file: 0, upload: "first", receivedBytes: 500 },
    { event: "receiving", file: 0, upload: "first", receivedBytes: 1000 },
    { event: "stored", file: 0, etag: "a", sha256: "b" },
    { event: "processing", file: 0, progress: 75 },
    { event: "completed", file: 0, properties: { type: "image/png", width: 1, height: 2 } },
  ];

  it("has one row per stage, even if all events come in one call", () => {
    const tally = tallyOf([1000]);
    expect(call(tally, steps, 1)?.rows).toEqual([
      [0, "uploading", 0, 0, null],
      [0, "uploading", 25, 500, null],
      [0, "uploading", 49, 1000, null],
      [0, "uploading", 50, 1000, null],
      [0, "processing", 75, 1000, null],
      [0, "completed", 100, 1000, null],
    ]);
    expect(tally.files[0]).toMatchObject({ attempts: 1, etag: "a", sha256: "b", width: 1 });
  });

  it("returns to the queue when its upload is interrupted, and counts the attempts", () => {
    const tally = tallyOf([1000]);
    call(tally, steps.slice(0, 2), 1);
    call(tally, [{ event: "interrupted", file: 0, upload: "first" }], 2);
    expect(tally.files[0]).toMatchObject({ state: "queued", receivedBytes: 0, attempts: 1 });
    call(tally, [{ event: "started", file: 0, upload: "second" }], 3);
    expect(tally.files[0]).toMatchObject({ state: "uploading", attempts: 2 });
  });

  it("ignores events of a request that a newer one has replaced", () => {
    const tally = tallyOf([1000]);
    call(tally, steps.slice(0, 2), 1);
    call(tally, [{ event: "started", file: 0, upload: "second" }], 2);
    expect(call(tally, [{ event: "interrupted", file: 0, upload: "first" }], 3)).toBeNull();
    const late = { event: "receiving", file: 0, upload: "first", receivedBytes: 900 } as const;
    expect(call(tally, [late], 4)).toBeNull();
  });

  it("is stored even if the request that stored it was reported as interrupted", () => {
    const tally = tallyOf([1000]);
    call(tally, [...steps.slice(0, 2), { event: "interrupted", file: 0, upload: "first" }], 1);
    call(tally, [{ event: "stored", file: 0, etag: "a" }], 2);
    expect(tally.files[0]).toMatchObject({ state: "uploading", progress: 50, receivedBytes: 1000 });
  });

  it.each([
    ["a retryable failure", fileError("checksum_mismatch", "Again."), "uploading"],
    ["a final failure", fileError("type_refused", "No."), "failed"],
  ])("is stored after %s of another request only if a retry may repair that", (_, error, state) => {
    const tally = tallyOf([1000]);
    call(tally, [{ event: "failed", file: 0, error }], 1);
    call(tally, [{ event: "stored", file: 0, etag: "a" }], 2);
    expect(tally.files[0]?.state).toBe(state);
    expect(tally.files[0]?.error).toEqual(state === "failed" ? error : undefined);
  });

  it("makes a completed batch active when it is retried, and completes it again", () => {
    const tally = tallyOf([1000]);
    const failed = {
      event: "failed",
      file: 0,
      error: fileError("storage_failed", "Again."),
    } as const;
    call(tally, "seal", 1);
    expect(call(tally, [failed], 2)?.completed).toBe(true);
    expect(call(tally, [{ event: "retried", file: 0 }], 3)?.completed).toBe(false);
    expect(tally.state).toBe("active");
    expect(call(tally, steps, 4)?.completed).toBe(true);
  });
});

describe("concurrent multipart uploads of one file", () => {
  const opened = (id: string): FileEvent => ({ event: "multipartOpened", file: 0, id, key: "key" });
  const aborted = (id: string): FileEvent => ({ event: "multipartAborted", file: 0, id });

  it("the first one is used, and the others are orphans until they are aborted", () => {
    const tally = tallyOf([1000]);
    call(tally, [opened("a"), opened("b"), opened("c"), opened("b"), opened("a")], 1);
    const orphans = ["b", "c"].map((id) => ({ id, key: "key" }));
    expect(tally.files[0]).toMatchObject({ multipart: { id: "a" }, orphans });
    call(tally, [aborted("b"), aborted("a"), aborted("c")], 2);
    expect(tally.files[0]).toMatchObject({ state: "queued", multipart: { id: "a" } });
    expect(tally.files[0]).not.toHaveProperty("orphans");
  });

  it("all are orphans of a file that needs no parts", () => {
    const tally = tallyOf([1000]);
    call(tally, [{ event: "cancelled", file: 0 }, opened("late")], 1);
    expect(tally.files[0]).toMatchObject({ state: "cancelled", orphans: [{ id: "late" }] });
    expect(tally.files[0]).not.toHaveProperty("multipart");
  });
});

describe("the completion of a multipart upload", () => {
  const SIZE = 1000;
  const opened = (id: string): FileEvent => ({ event: "multipartOpened", file: 0, id, key: "key" });
  const part: FileEvent = { event: "partStored", file: 0, upload: "upload", bytes: SIZE };
  const claimed: FileEvent = { event: "claimed", file: 0, by: "caller" };
  const lost: FileEvent = { event: "multipartLost", file: 0, id: "a" };
  const ofA = { event: "multipartCompleted", file: 0, etag: "etag", id: "a", key: "key" } as const;
  const completed: FileEvent = { ...ofA, size: SIZE, isOpen: false };

  it("is claimed by one caller, and a repeated claim changes nothing", () => {
    const tally = tallyOf([SIZE]);
    call(tally, [opened("a"), part, claimed], 5);
    const claim = { at: 5, by: "caller" };
    expect(tally.files[0]).toMatchObject({ claim, multipart: { triedAt: 5 } });
    expect(call(tally, [claimed], 6)).toBeNull();
    call(tally, [completed], 7);
    expect(tally.files[0]).toMatchObject({ progress: 50, etag: "etag", key: "key" });
    for (const field of ["claim", "multipart", "orphans"]) {
      expect(tally.files[0]).not.toHaveProperty(field);
    }
  });

  it("keeps the time of the first doubt, and gives the claim back", () => {
    const tally = tallyOf([SIZE]);
    const doubted: FileEvent = { event: "multipartDoubted", file: 0, id: "a" };
    call(tally, [opened("a"), part, claimed, doubted], 5);
    call(tally, [claimed, doubted], 9);
    expect(tally.files[0]).toMatchObject({ multipart: { triedAt: 9, doubtfulSince: 5 } });
    expect(tally.files[0]).not.toHaveProperty("claim");
  });

  it("may be that of the file's only upload, as an earlier Worker reports it", () => {
    const tally = tallyOf([SIZE]);
    call(tally, [opened("a"), part, { event: "multipartCompleted", file: 0, etag: "etag" }], 1);
    expect(tally.files[0]).toMatchObject({ progress: 50, etag: "etag", key: "key" });
  });

  it("counts after the upload was lost, and another upload becomes an orphan", () => {
    const tally = tallyOf([SIZE]);
    call(tally, [opened("a"), part, claimed, lost, opened("b")], 5);
    expect(tally.files[0]).toMatchObject({ state: "queued", orphans: [{ id: "a", triedAt: 5 }] });
    call(tally, [completed], 6);
    expect(tally.files[0]).toMatchObject({ etag: "etag", orphans: [{ id: "b", key: "key" }] });
    expect(tally.files[0]).not.toHaveProperty("multipart");
  });

  it("leaves an upload that may still be open as an orphan", () => {
    const tally = tallyOf([SIZE]);
    call(tally, [opened("a"), part, claimed, { ...ofA, size: SIZE, isOpen: true }], 5);
    expect(tally.files[0]).toMatchObject({ etag: "etag", orphans: [{ id: "a", triedAt: 5 }] });
  });

  it.each(["queued", "failed"])("does not count if the size differs: %s", (state) => {
    const tally = tallyOf([SIZE]);
    const error = fileError("checksum_mismatch", "Again.");
    call(tally, [opened("a"), part, claimed], 5);
    call(tally, [state === "queued" ? lost : { event: "failed", file: 0, error }], 6);
    expect(call(tally, [{ ...ofA, size: SIZE + 1, isOpen: false }], 7)).toBeNull();
    expect(tally.files[0]).toMatchObject({ state });
    call(tally, [completed], 8);
    expect(tally.files[0]).toMatchObject({ state: "uploading", etag: "etag" });
  });

  it("is still possible after some parts were sent again", () => {
    const tally = tallyOf([SIZE]);
    const dropped: FileEvent = { event: "partsDropped", file: 0, id: "a", parts: 1, bytes: SIZE };
    call(tally, [opened("a"), part, claimed, dropped], 5);
    expect(tally.files[0]).toMatchObject({
      state: "queued",
      receivedBytes: 0,
      multipart: { id: "a", parts: 0, triedAt: 5 },
    });
    call(tally, [{ ...part, upload: "another" }], 6);
    expect(tally.files[0]).toMatchObject({ receivedBytes: SIZE, multipart: { parts: 1 } });
  });

  it("has the digest of the whole file only if one request has sent all parts", () => {
    const tally = tallyOf([SIZE]);
    const whole = { ...opened("a"), sha256: "digest" };
    const dropped: FileEvent = { event: "partsDropped", file: 0, id: "a", parts: 1, bytes: SIZE };
    call(tally, [whole, part, dropped, { ...part, upload: "another" }, completed], 5);
    expect(tally.files[0]).toMatchObject({ etag: "etag" });
    expect(tally.files[0]).not.toHaveProperty("sha256");
    const untouched = tallyOf([SIZE]);
    call(untouched, [whole, part, completed], 5);
    expect(untouched.files[0]).toMatchObject({ sha256: "digest" });
  });

  it("loses no parts if R2 refuses a part of an upload whose parts are all stored", () => {
    const tally = tallyOf([SIZE]);
    call(tally, [opened("a"), part, claimed], 5);
    expect(call(tally, [{ event: "multipartGone", file: 0, id: "a" }], 6)).toBeNull();
  });
});
