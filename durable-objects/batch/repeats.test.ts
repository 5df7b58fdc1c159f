import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { fileError, LIMITS } from "../../protocol/index.ts";
import type { Batch } from "./batch.ts";
import type { FileEvent } from "./file.ts";

// The platform repeats a call whose response was lost, and other calls may come in between.

let stub: ReturnType<typeof env.BATCH.getByName>;

beforeEach(() => {
  stub = env.BATCH.getByName(crypto.randomUUID());
});

function within<T>(call: (batch: Batch) => T | Promise<T>): Promise<T> {
  return runInDurableObject<Batch, T>(stub, call);
}

function create(...sizes: number[]) {
  const files = sizes.map((size, index) => ({ name: `file-${index}`, size }));
  return within((batch) => batch.create({ id: "id", metadata: {}, files, sealed: true }));
}

const apply = (...events: FileEvent[]) => within((batch) => batch.applyEvents(events));

async function file(id: number) {
  const result = await within((batch) => batch.file(id));
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

/** Events of a request that sends other bytes than those of the given digest. */
function failing(upload: string): FileEvent[] {
  const error = fileError("checksum_mismatch", "Send the file again.");
  return [
    { file: 0, event: "retried", upload },
    { file: 0, event: "started", upload },
    { file: 0, event: "failed", upload, error },
  ];
}

/** Collects the texts of frames that a new watcher receives, and "closed" at the end. */
async function watch(): Promise<string[]> {
  const { webSocket } = await stub.fetch("https://batch/live", {
    headers: { Upgrade: "websocket" },
  });
  const frames: string[] = [];
  webSocket?.addEventListener("message", ({ data }) => frames.push(String(data)));
  webSocket?.addEventListener("close", () => frames.push("closed"));
  webSocket?.accept();
  return frames;
}

test("a repeated failure neither counts another attempt nor ends the batch again", async () => {
  await create(10);
  const frames = await watch();
  for (const upload of ["first", "first", "second", "second"]) await apply(...failing(upload));
  expect((await file(0)).attempts).toBe(2);
  await within((batch) => batch.delete());
  await expect.poll(() => frames.at(-1)).toBe("closed");
  expect(frames.filter((text) => text.includes('"uploadCompleted"'))).toHaveLength(2);
});

test("a failure that is repeated after a retry does not fail the file", async () => {
  await create(10);
  await apply(...failing("first"));
  await within((batch) => batch.retry(null));
  await apply(...failing("first"));
  expect(await file(0)).toMatchObject({ state: "queued", attempts: 1 });
});

test("a repeated interruption does not count another attempt", async () => {
  await create(10);
  for (const _ of [1, 2]) {
    await apply(
      { file: 0, event: "started", upload: "first" },
      { file: 0, event: "interrupted", upload: "first" },
    );
  }
  expect(await file(0)).toMatchObject({ state: "queued", attempts: 1 });
});

describe("a part", () => {
  beforeEach(async () => {
    await create(LIMITS.partBytes + 5);
    await within((batch) => batch.registerMultipart(0, { id: "multipart", key: "key" }));
  });

  const arriving = (upload: string): FileEvent[] => [
    { file: 0, event: "partStarted", upload },
    { file: 0, event: "receiving", upload, receivedBytes: 3 },
  ];
  const content = { etag: "etag", sha256: "sha256", bytes: LIMITS.partBytes };
  const record = (upload: string) =>
    within((batch) => {
      const part = { number: 1, multipartId: "multipart", upload, ...content };
      return batch.recordPart(0, part, arriving(upload));
    });

  test("that is recorded again is not counted as arriving", async () => {
    await record("first");
    const before = await file(0);
    await record("first");
    expect(await file(0)).toEqual(before);
  });

  test("that two requests send counts once", async () => {
    await apply(...arriving("first"), ...arriving("second"));
    await record("first");
    await record("second");
    expect(await file(0)).toMatchObject({ receivedBytes: LIMITS.partBytes });
  });

  test("that is recorded after its request was given up counts", async () => {
    await apply(...arriving("first"), { file: 0, event: "interrupted", upload: "first" });
    await record("first");
    expect(await file(0)).toMatchObject({ receivedBytes: LIMITS.partBytes });
    await within((batch) =>
      batch.recordPart(0, {
        number: 2,
        multipartId: "multipart",
        upload: "second",
        etag: "last",
        sha256: "sha256",
        bytes: 5,
      }),
    );
    expect(await file(0)).toMatchObject({ parts: { received: [1, 2] }, progress: 49 });
  });
});
