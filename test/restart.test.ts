import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Frame } from "../protocol/index.ts";
import { formBody, formRequest } from "../worker/testing/multipart.ts";
import { expectTrueTally, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { RawRequest } from "./support/raw-request.ts";
import { type Server, startServer } from "./support/server.ts";

const secret = "the-same-before-and-after-a-restart";
let state: string;

const cleanUpState = cleanUpAfterAll();

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "tallyman-restart-"));
  cleanUpState(() => rm(state, { recursive: true, force: true }));
});

/** Returns the first frame of a watcher that has all changes up to `since`. */
async function firstFrame(batch: TestBatch, since: number): Promise<Frame> {
  const { tokens } = batch.created;
  const address = `${batch.origin.replace("http", "ws")}${batch.path}/live`;
  const socket = new WebSocket(`${address}?token=${tokens.read}&since=${since}`);
  const [{ data }] = await once(socket, "message");
  socket.close();
  const frame: Frame = JSON.parse(String(data));
  return frame;
}

describe.each(["stop", "kill"] as const)("after a %s and a restart of the server", (end) => {
  let before: Server;
  let after: Server;
  let batch: TestBatch;

  const cleanUp = cleanUpAfterAll();

  beforeAll(async () => {
    before = await startServer({ state, secret });
    cleanUp(() => before.stop());
    batch = await TestBatch.create(before.origin, [4, 4, 4, 1_000_000]);
  });

  test("files and revs are unchanged, and a watcher resumes at its rev", async () => {
    const parts = [0, 1].map((name) => ({ name, bytes: "four" }));
    await batch.call("/bundle", formRequest(formBody(parts)));
    // In progress when the server ends.
    const cut = await RawRequest.open(batch, "PUT", "/files/3", { "Content-Length": 1_000_000 });
    await cut.send(new Uint8Array(300_000));
    await expect.poll(async () => (await batch.files())[3]?.state).toBe("uploading");
    const [files, status] = [await expectTrueTally(batch), await batch.status()];
    await before[end]();
    cut.cut();

    after = await startServer({ state, secret });
    cleanUp(() => after.stop());
    batch = batch.on(after.origin);
    const { rev } = await batch.status();
    expect(rev).toBeGreaterThanOrEqual(status.rev);
    expect((await expectTrueTally(batch)).slice(0, 3)).toEqual(files.slice(0, 3));
    expect((await batch.files())[3]).toMatchObject({ state: "queued", receivedBytes: 0 });
    expect(await (await batch.call("/files/1/content")).text()).toBe("four");
    expect(await firstFrame(batch, rev)).toMatchObject({ event: "snapshot", rev, files: [] });

    await batch.call("/files/2", { method: "PUT", body: "four" });
    const changed = await firstFrame(batch, rev);
    expect(changed).toMatchObject({ files: [[2, "completed", 100, 4, null]] });
    expect(changed.rev).toBeGreaterThan(rev);
    const body = new Uint8Array(1_000_000);
    const repeated = await batch.call("/files/3", { method: "PUT", body });
    expect(await repeated.json()).toMatchObject({ state: "completed" });
    expect(await batch.seal()).toMatchObject({ state: "completed", percentComplete: 100 });
    await expectTrueTally(batch);
  });
});
