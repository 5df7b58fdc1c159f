import { describe, expect, test } from "vitest";
import { TestBatch } from "../testing/batch.ts";
import { utf8 } from "../testing/multipart.ts";
import { eventually } from "../testing/watcher.ts";

const OK = utf8("ok");

async function bundleOf(batch: TestBatch, ids: readonly number[]): Promise<void> {
  await batch.bundle(ids.map((name) => ({ name, bytes: OK })));
}

describe("a watcher that reconnects with since", () => {
  test("gets exactly the rows that changed after that rev", async () => {
    const batch = await TestBatch.create([2, 2, 2, 2]);
    await bundleOf(batch, [0, 3]);
    const { rev } = await batch.status();
    await bundleOf(batch, [1]);
    const { rev: changed } = await batch.status();
    const watcher = await batch.watch(rev);
    expect(await watcher.next("snapshot")).toMatchObject({
      rev: changed,
      files: [[1, "completed", 100, 2, null]],
      more: false,
    });
  });

  test("gets no rows and no second uploadCompleted if nothing has changed", async () => {
    const batch = await TestBatch.create([2]);
    await bundleOf(batch, [0]);
    const { rev } = await batch.status();
    const watcher = await batch.watch(rev);
    expect(await watcher.next("snapshot")).toMatchObject({ rev, files: [] });
    watcher.send("ping");
    await eventually(() => watcher.texts.length > 0);
    expect(watcher.frames).toHaveLength(1);
  });

  test("gets the uploadCompleted that it missed", async () => {
    const batch = await TestBatch.create([2]);
    const { rev } = await batch.status();
    await bundleOf(batch, [0]);
    const { rev: end } = await batch.status();
    const watcher = await batch.watch(rev);
    expect(await watcher.next("uploadCompleted")).toMatchObject({ rev: end });
  });

  test("gets the uploadCompleted before which its connection was lost", async () => {
    const batch = await TestBatch.create([2]);
    const first = await batch.watch();
    await bundleOf(batch, [0]);
    await first.next("uploadCompleted");
    const rows = first.frames.findLast(({ event }) => event === "uploadProgress");
    first.close();
    const second = await batch.watch(rows?.rev);
    const end = await second.next("uploadCompleted");
    expect(second.frames).toMatchObject([{ event: "snapshot", files: [] }, end]);
    // The snapshot may be the last frame that arrives, too.
    const third = await batch.watch(second.frames[0]?.rev);
    expect(await third.next("uploadCompleted")).toEqual(end);
  });

  test("has the current state of every file after the snapshot", async () => {
    const batch = await TestBatch.create([2, 2, 2, 2]);
    const first = await batch.watch();
    await bundleOf(batch, [0]);
    const seen = await first.next("uploadProgress");
    first.close();
    await bundleOf(batch, [1, 2]);
    const second = await batch.watch(seen.rev);
    await bundleOf(batch, [3]);
    await second.next("uploadCompleted");
    const frames = [...first.frames, ...second.frames];
    const rows = frames.flatMap((frame) => ("files" in frame ? frame.files : []));
    const latest = new Map(rows.map((row) => [row[0], row]));
    expect([...latest.values()].map(([id, state]) => [id, state])).toEqual(
      [0, 1, 2, 3].map((id) => [id, "completed"]),
    );
  });
});
