import { effect } from "@preact/signals";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { BatchRig } from "../../client/testing/batch-rig.ts";
import { FakeBatch } from "../../client/testing/fake-batch.ts";
import { type ScriptedResponse, ScriptedServer } from "../../client/testing/scripted-server.ts";
import { changedFile } from "../../client/testing/changed-file.ts";
import { source } from "../../client/testing/sources.ts";
import { LIMITS } from "../../protocol/index.ts";
import { AppUploads } from "./app-uploads.ts";
import { cancelUpload } from "./cancel-upload.ts";
import { Folder, PlainFile } from "./testing/entries.ts";

const uploads = new AppUploads(() => ({ endpoint: "http://127.0.0.1:9" }));

/** Uploads that a test has opened. */
const opened: AppUploads[] = [uploads];

afterEach(async () => {
  for (const each of opened) each.clear();
  // The last frames are drawn.
  await Promise.resolve();
  vi.unstubAllGlobals();
});

/** Stubs a page that draws every requested frame at once. */
function drawAtOnce(): void {
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => {
    queueMicrotask(draw);
    return 0;
  });
}

it("ends its search for files even if they can't be matched", async () => {
  drawAtOnce();
  const batch = { id: "b", tokens: { write: "w" } };
  const matchSources = async (): Promise<void> => {
    throw new TypeError("broken");
  };
  const { board } = uploads.start({ batch, matchSources });
  const incoming = { files: [new File(["a"], "a.txt")], folders: [] };
  await expect(uploads.addIncoming(incoming)).rejects.toThrow("broken");
  expect([uploads.foldersReading.value, board.searches.value]).toEqual([0, 0]);
});

it("starts another batch beside one that had ended, even before the server has said so", async () => {
  drawAtOnce();
  const ended = uploads.start({
    batch: { id: "b", tokens: { write: "w" } },
    matchSources: async () => undefined,
    hadEnded: true,
  });
  const folder = new Folder("/next", [new PlainFile("/next/a.txt")]);
  await uploads.addIncoming({ files: [], folders: [folder] });
  expect(uploads.current.value).not.toBe(ended);
  expect(uploads.current.value?.board.acceptedCount).toBe(1);
});

/** A folder that never returns its entries. */
class SlowFolder extends Folder {
  override createReader(): FileSystemDirectoryReader {
    return { readEntries: () => undefined };
  }
}

it("asks for the content of a sealed batch's file that has failed", async () => {
  drawAtOnce();
  const rig = await BatchRig.start();
  onTestFinished(() => rig.stop());
  const a = source("a", 10);
  rig.declare([a]);
  rig.batch.isSealed = true;
  const resumed = new AppUploads(() => ({ endpoint: rig.server.origin }));
  const matched: string[] = [];
  const upload = resumed.start({
    batch: { id: "b", tokens: { write: "write" } },
    matchSources: async (_, sources) => void matched.push(...sources.map(({ name }) => name)),
  });
  await upload.uploader.attachContents(new Map([[0, await changedFile(10)]]));
  await expect.poll(() => upload.board.ledger.localFailures.size).toBe(1);
  await resumed.addIncoming({ files: [a], folders: [] });
  expect([resumed.current.value, matched]).toEqual([upload, ["a"]]);
  resumed.clear();
});

it("lists files once that are dropped again before they are declared", async () => {
  drawAtOnce();
  const few = new Folder(
    "/few",
    ["/few/a", "/few/b", "/few/c"].map((path) => new PlainFile(path)),
  );
  await uploads.addIncoming({ files: [], folders: [few] });
  const board = uploads.current.value?.board;
  const counts: (number | undefined)[] = [];
  const end = effect(() => void counts.push(board?.listedCount.value));
  void uploads.addIncoming({ files: [], folders: [few, new SlowFolder("/slow", [])] });
  await expect.poll(() => counts).toContain(6);
  await expect.poll(() => counts.at(-1)).toBe(3);
  expect(uploads.fileFilter.duplicates.value).toEqual([]);
  end();
});

it("asks about a file that was stored while its second drop waited, and doesn't send it twice", async () => {
  drawAtOnce();
  const batch = new FakeBatch();
  const [upload, declaration] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await ScriptedServer.start(async (request) => {
    if (/PUT|bundle/u.test(request.call)) await upload.promise;
    if (request.call === "POST /v1/batches/b/files") await declaration.promise;
    return batch.respond(request);
  });
  onTestFinished(() => server.stop());
  const twice = new AppUploads(() => ({ endpoint: server.origin }));
  opened.push(twice);
  const files = (...names: string[]) => names.map((name) => new PlainFile(`/few/${name}`));
  await twice.addIncoming({ files: [], folders: [new Folder("/few", files("a"))] });
  const ledger = () => twice.current.value?.board.ledger;
  await expect.poll(() => ledger()?.count).toBe(1);

  const again = twice.addIncoming({ files: [], folders: [new Folder("/few", files("a", "b"))] });
  await expect.poll(() => server.calls("POST /v1/batches/b/files").length).toBe(1);
  upload.resolve();
  await expect.poll(() => ledger()?.isUploadDone(0)).toBe(true);
  declaration.resolve();
  await again;
  await expect.poll(() => twice.current.value?.board.searches.value).toBe(0);
  expect(twice.fileFilter.duplicates.value.map(({ name }) => name)).toEqual(["a"]);
  expect(batch.files.map(({ name }) => name)).toEqual(["a", "b"]);
});

it("asks nothing about files that were dropped twice once their batch is closed", async () => {
  drawAtOnce();
  const twice = [source("a", 10)];
  await uploads.addIncoming({ files: twice, folders: [] });
  await uploads.addIncoming({ files: twice, folders: [] });
  expect(uploads.fileFilter.duplicates.value).toHaveLength(1);
  uploads.clear();
  expect(uploads.fileFilter.duplicates.value).toEqual([]);
});

/** A file that the disk never returns. */
class UnreadFile extends PlainFile {
  override file(): void {}
}

it("knows the number of files once the folders are listed, although they aren't read", async () => {
  drawAtOnce();
  const folder = new Folder("/many", [new UnreadFile("/many/a"), new UnreadFile("/many/b")]);
  void uploads.addIncoming({ files: [], folders: [folder] });
  const board = uploads.current.value?.board;
  expect(board?.openSearches.value).toBe(1);
  await expect.poll(() => board?.openSearches.value).toBe(0);
  expect([board?.searches.value, board?.fileCount.value]).toEqual([1, 2]);
});

it("asks a server that was out of reach for its limits once for each drop", async () => {
  drawAtOnce();
  let isUp = false;
  const limits = { ...LIMITS, files: 2 };
  const server = await ScriptedServer.start(({ call }) => {
    if (!isUp) return { status: 401, body: { code: "unauthorized", detail: "" } };
    return call === "GET /v1/limits" ? { body: { access: "open", limits } } : "silent";
  });
  onTestFinished(() => server.stop());
  const late = new AppUploads(() => ({ endpoint: server.origin }));
  opened.push(late);
  await late.nextLimits.ready();
  isUp = true;
  // Read in two slices.
  const files = Array.from({ length: 12 }, (_, n) => new PlainFile(`/many/${n}`));
  await late.addIncoming({ files: [], folders: [new Folder("/many", files)] });
  expect(late.current.value?.board.acceptedCount).toBe(2);
  expect(server.calls("GET /v1/limits")).toHaveLength(2);
});

describe("a batch that is cancelled while its folder is read", () => {
  /** Drops a folder, one file of which is never returned by the disk, and declares the others. */
  async function dropUnread(batch: FakeBatch, extra?: (call: string) => ScriptedResponse | null) {
    drawAtOnce();
    const server = await ScriptedServer.start(
      (request) => extra?.(request.call) ?? batch.respond(request),
    );
    const reading = new AppUploads(() => ({ endpoint: server.origin }));
    opened.push(reading);
    onTestFinished(() => server.stop());
    const files = Array.from({ length: 15 }, (_, n) => new PlainFile(`/many/${n}`));
    const folder = new Folder("/many", [...files, new UnreadFile("/many/unread")]);
    void reading.addIncoming({ files: [], folders: [folder] });
    const upload = await vi.waitUntil(() => reading.current.peek());
    const signs = () => {
      const { searches, openSearches, isGrowing, pending, ledger } = upload.board;
      const listed = upload.board.listedCount.value - ledger.count;
      return [
        reading.foldersReading.value,
        searches.value,
        openSearches.value,
        isGrowing.value,
        pending.undeclared.length,
        listed,
      ];
    };
    return { reading, upload, signs, folder };
  }
  const NONE = [0, 0, 0, false, 0, 0];

  it("reads and lists no more of it at once, although the server doesn't respond", async () => {
    const batch = new FakeBatch();
    const { upload, signs, reading } = await dropUnread(batch, (call) =>
      /cancel|bundle|PUT/u.test(call) ? "silent" : null,
    );
    await expect.poll(() => upload.board.ledger.count).toBe(10);
    expect(signs()).not.toEqual(NONE);
    void cancelUpload(upload);
    await expect.poll(signs).toEqual(NONE);
    expect([reading.current.value, upload.uploader.running]).toEqual([upload, false]);
  });

  it("does so as well when another device has cancelled it, and the next drop starts another", async () => {
    const batch = new FakeBatch();
    const { upload, signs, reading, folder } = await dropUnread(batch);
    await expect.poll(() => upload.board.ledger.count).toBe(10);
    batch.isCancelled = true;
    batch.rev++;
    await expect.poll(signs).toEqual(NONE);
    void reading.addIncoming({ files: [], folders: [folder] });
    expect(reading.current.value).not.toBe(upload);
  });

  it("lists its files as cancelled if it doesn't exist yet", async () => {
    const { upload, signs } = await dropUnread(new FakeBatch(), (call) =>
      call === "POST /v1/batches" ? "silent" : null,
    );
    await expect.poll(() => upload.board.pending.undeclared.length).toBe(10);
    void cancelUpload(upload);
    await expect.poll(signs).toEqual(NONE);
    expect(upload.board.counts.value).toMatchObject({ cancelled: 10, queued: 0 });
  });
});

it("adds every file of a folder that is dropped again after its first drop was discarded", async () => {
  drawAtOnce();
  const folder = new Folder("/few", [new PlainFile("/few/a"), new PlainFile("/few/b")]);
  const discarded = uploads.addIncoming({ files: [], folders: [folder] });
  uploads.clear();
  await Promise.all([discarded, uploads.addIncoming({ files: [], folders: [folder] })]);
  expect(uploads.current.value?.board.acceptedCount).toBe(2);
});

it("says nothing about a drop that was discarded while it was read", async () => {
  drawAtOnce();
  const folder = new Folder("/few", [new PlainFile("/few/a")]);
  const discarded = uploads.addIncoming({ files: [], folders: [folder] });
  uploads.clear();
  await discarded;
  expect([uploads.isEmptyDrop.value, uploads.current.value]).toEqual([false, null]);
});

it("keeps the batch of a drop beside one without files", async () => {
  drawAtOnce();
  const folder = new Folder("/few", [new PlainFile("/few/a"), new PlainFile("/few/b")]);
  const empty = uploads.addIncoming({ files: [], folders: [new Folder("/empty", [])] });
  await Promise.all([empty, uploads.addIncoming({ files: [], folders: [folder] })]);
  expect(uploads.current.value?.board.acceptedCount).toBe(2);
  expect(uploads.isEmptyDrop.value).toBe(false);
});
