import { openAsBlob } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test as anyTest, vi } from "vitest";
import { MIB } from "../../protocol/index.ts";
import {
  stored,
  storedFile,
  type ReceivedRequest,
  type Script,
  type ScriptedResponse,
} from "../testing/scripted-server.ts";
import { isListRequest } from "../testing/fake-part-store.ts";
import { blobsOf, SenderRig } from "../testing/sender-rig.ts";

/** A limit that ends a test which hangs, as for other polls. */
const WAIT = { timeout: 120_000 };

// No jitter: tests wait for no backoff.
beforeAll(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterAll(() => vi.restoreAllMocks());

/** Files, a sender of them, and a server that stores what the network lets through. */
class Upload {
  /** Ids of the files that a response of the server's reported as stored. */
  readonly stored = new Set<number>();
  #rig: SenderRig | undefined;

  get rig(): SenderRig {
    if (this.#rig === undefined) throw new Error("The upload has not started.");
    return this.#rig;
  }

  async start(
    blobs: readonly Blob[],
    script: Script,
    bundleBytes?: number,
    bytesPerSecond: number | null = null,
  ): Promise<void> {
    const options = bundleBytes === undefined ? {} : { bundleBytes };
    this.#rig = await SenderRig.start(blobs, script, options);
    this.#rig.bandwidth.bytesPerSecond = bytesPerSecond;
    this.#rig.sendAll();
  }

  /** Stores files, or reports whether a file is stored. */
  readonly store = (request: ReceivedRequest): ScriptedResponse => {
    const [id = 0] = request.files;
    const isStored = this.stored.has(id);
    if (isListRequest(request.call))
      return { body: { ...storedFile(id), ...(!isStored && { state: "queued", progress: 0 }) } };
    for (const file of request.files) this.stored.add(file);
    return stored(request);
  };

  async done(): Promise<void> {
    await vi.waitUntil(() => this.rig.sender.idle, WAIT);
  }

  stop(): void {
    this.#rig?.stop();
  }
}

/** A test with an upload of its own. Those that wait for the clock run at the same time. */
const test = anyTest.extend("upload", ({}, { onCleanup }) => {
  const upload = new Upload();
  onCleanup(() => upload.stop());
  return upload;
});

function sizes(count: number, size: number): Blob[] {
  return blobsOf(...Array.from({ length: count }, () => size));
}

const FORBIDDEN: ScriptedResponse = { status: 403, isForeign: true };
const TOO_LARGE: ScriptedResponse = { status: 413, isForeign: true };
const MANY = 100_000;

describe.concurrent.each([
  ["a firewall refuses", FORBIDDEN],
  ["a firewall cuts off", "cut"],
] satisfies [string, ScriptedResponse][])("while %s requests with a file", (_, refusal) => {
  test.for<[string, number[]]>([
    ["one of 60 bundled files", [17]],
    ["two neighbours", [30, 31]],
    ["the first and the last", [0, 59]],
  ])("only these files fail: %s", async ([, refused], { expect, upload }) => {
    await upload.start(
      sizes(60, 20),
      (request) =>
        request.files.some((id) => refused.includes(id)) ? refusal : upload.store(request),
      MANY,
    );
    await upload.done();
    const failures = refused.map((id) => [id, "refused_in_between"]);
    expect([...upload.rig.ledger.localFailures].toSorted(([a], [b]) => a - b)).toEqual(failures);
    expect(upload.stored.size).toBe(60 - refused.length);
    expect(upload.rig.outages).toEqual([]);
    // A few tries of ever smaller bundles: 60, 15, 4, 1.
    expect(upload.rig.server.received.length).toBeLessThan(60);
  });

  test("a large file fails, and the others don't", async ({ expect, upload }) => {
    await upload.start(blobsOf(2000, 2000, 10), (request) => {
      const isRefused = request.files.includes(1) && !isListRequest(request.call);
      return isRefused ? refusal : upload.store(request);
    });
    await upload.done();
    expect([...upload.rig.ledger.localFailures]).toEqual([[1, "refused_in_between"]]);
    expect(upload.stored).toEqual(new Set([0, 2]));
  });

  test("a file is sent again when it is retried", async ({ expect, upload }) => {
    let refuses = true;
    await upload.start(blobsOf(10), (request) => (refuses ? refusal : upload.store(request)));
    await upload.done();
    refuses = false;
    upload.rig.sender.send([0]);
    await upload.done();
    expect([upload.rig.ledger.localFailures.size, upload.stored.size]).toEqual([0, 1]);
  });
});

describe.each([
  ["no response", "cut", "network"],
  ["a response of another system", { status: 200, isForeign: true }, "foreign"],
  [
    "a challenge",
    { status: 403, isForeign: true, headers: { "cf-mitigated": "challenge" } },
    "challenge",
  ],
] satisfies [string, ScriptedResponse, string][])("during an outage with %s", (_, end, reason) => {
  test("requests wait, and no try is used up", async ({ expect, upload }) => {
    // Two requests get through between one outage and the next.
    let allowed = 0;
    await upload.start([...sizes(30, 100), ...blobsOf(2000)], (request) => {
      if (allowed-- > 0) return upload.store(request);
      upload.rig.server.health = end;
      return end;
    });
    const endOutage = (): void => {
      allowed = 2;
      upload.rig.server.health = { body: { ok: true } };
    };
    await expect
      .poll(() => {
        // At each look: a request from before an outage may arrive after its end, and prolong it.
        if (upload.rig.outages.at(-1)) endOutage();
        return upload.rig.sender.idle;
      })
      .toBe(true);
    expect(upload.rig.outages.length).toBeGreaterThan(2);
    expect([upload.rig.ledger.localFailures.size, upload.stored.size]).toEqual([0, 31]);
    expect(upload.rig.outages[0]?.reason).toBe(reason);
  });
});

test("uploads that are blocked as a whole fail no file, and the view says why", async ({
  expect,
  upload,
}) => {
  let isBlocked = true;
  const challenge = { ...FORBIDDEN, headers: { "cf-mitigated": "challenge" } };
  await upload.start([...sizes(20, 20), ...blobsOf(2000)], (request) =>
    isBlocked ? challenge : upload.store(request),
  );
  await expect.poll(() => upload.rig.server.received.length).toBeGreaterThan(8);
  expect(upload.rig.ledger.localFailures.size).toBe(0);
  expect(upload.rig.outages.map((outage) => outage?.reason)).toEqual(["challenge"]);
  isBlocked = false;
  await upload.done();
  expect([upload.rig.ledger.localFailures.size, upload.stored.size]).toEqual([0, 21]);
  expect(upload.rig.outages.at(-1)).toBeNull();
});

describe("while the network limits the length of requests to 1 MiB", () => {
  let limit = MIB;
  let refusals = 0;
  const limitedBy =
    (upload: Upload): Script =>
    (request) => {
      if (request.bytes <= limit) return upload.store(request);
      refusals++;
      return TOO_LARGE;
    };
  beforeEach(() => {
    limit = MIB;
    refusals = 0;
  });

  test("bundles become shorter, after few refusals", async ({ expect, upload }) => {
    await upload.start(sizes(200, 100_000), limitedBy(upload), 8 * MIB);
    await upload.done();
    expect([upload.rig.ledger.localFailures.size, upload.stored.size]).toEqual([0, 200]);
    // At most four requests in flight for each of 4 MiB, 2 MiB and 1 MiB.
    expect(refusals).toBeLessThanOrEqual(12);
    const lengths = upload.rig.server.received
      .map(({ bytes }) => bytes)
      .filter((bytes) => bytes <= MIB);
    expect(Math.max(...lengths)).toBeGreaterThan(300_000);
  });

  test("files up to the limit are sent alone; of longer ones, only the first few are sent", async ({
    expect,
    upload,
  }) => {
    await upload.start(
      [...blobsOf(1_040_000), ...sizes(20, 2_500_000)],
      limitedBy(upload),
      8 * MIB,
    );
    await upload.done();
    expect(upload.rig.ledger.localFailures.size).toBe(20);
    expect(new Set(upload.rig.ledger.localFailures.values())).toEqual(new Set(["network_limit"]));
    expect([...upload.stored]).toEqual([0]);
    expect(upload.rig.ledger.networkLimit).toBeGreaterThanOrEqual(MIB);
    expect(upload.rig.ledger.networkLimit).toBeLessThan(2_500_000);
    // Four requests at a time, until two of them have failed.
    const alone = upload.rig.server.calls("PUT").filter(({ bytes }) => bytes > MIB);
    expect(alone.length).toBeLessThanOrEqual(8);
  });

  test("a large file fails by its first part, and its neighbours don't", async ({
    expect,
    upload,
  }) => {
    await upload.start([...sizes(5, 1000), ...blobsOf(3 * MIB)], limitedBy(upload), MIB / 2);
    await upload.done();
    expect([...upload.rig.ledger.localFailures]).toEqual([[5, "network_limit"]]);
    expect(upload.stored.size).toBe(5);
  });

  test("a retried file is sent although it's above the limit, and ends the limit when it arrives", async ({
    expect,
    upload,
  }) => {
    await upload.start([...sizes(3, 1000), ...blobsOf(2_000_000)], limitedBy(upload), 8 * MIB);
    await upload.done();
    expect([...upload.rig.ledger.localFailures]).toEqual([[3, "network_limit"]]);
    const before = refusals;
    upload.rig.sender.send([3]);
    await upload.done();
    expect([upload.rig.ledger.localFailures.size, refusals]).toEqual([1, before + 1]);
    limit = 8 * MIB;
    upload.rig.sender.send([3]);
    await upload.done();
    expect([upload.rig.ledger.localFailures.size, upload.rig.ledger.networkLimit]).toEqual([
      0,
      null,
    ]);
  });
});

test("a limit that can't be read is found by the bundles that arrive after a split", async ({
  expect,
  upload,
}) => {
  await upload.start(
    sizes(300, 100_000),
    (request) => (request.bytes > MIB ? "cut" : upload.store(request)),
    8 * MIB,
  );
  await upload.done();
  expect([upload.rig.ledger.localFailures.size, upload.stored.size]).toEqual([0, 300]);
  expect(upload.rig.bodyLimit.bytes).toBe(MIB);
});

test("a bundle that times out is sent in two halves", async ({
  expect,
  onTestFinished,
  upload,
}) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  await upload.start(
    sizes(6, 10),
    (request) => (request.files.length === 6 ? new Promise(() => {}) : upload.store(request)),
    MANY,
  );
  await expect.poll(() => upload.rig.server.received.length).toBe(1);
  vi.advanceTimersByTime(120_000);
  await upload.done();
  expect(upload.rig.server.received.map(({ files }) => files.length)).toEqual([6, 3, 3]);
});

describe("on a disk", () => {
  let folder: string;

  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "tallyman-"))));
  afterEach(() => rm(folder, { recursive: true }));

  async function write(count: number, size: number): Promise<Blob[]> {
    const paths = Array.from({ length: count }, (_, id) => join(folder, `${id}`));
    for (const path of paths) await writeFile(path, new Uint8Array(size));
    return Promise.all(paths.map((path) => openAsBlob(path)));
  }

  test("files that changed while they waited fail, and their neighbours are stored by the first request", async ({
    expect,
    upload,
  }) => {
    const blobs = await write(20, 100);
    await appendFile(join(folder, "3"), "more");
    await rm(join(folder, "11"));
    await upload.start(blobs, upload.store, MANY);
    await upload.done();
    expect([...upload.rig.ledger.localFailures].toSorted(([a], [b]) => a - b)).toEqual([
      [3, "file_unreadable"],
      [11, "file_unreadable"],
    ]);
    const sent = upload.rig.server.received.flatMap(({ files }) => files);
    expect(sent.toSorted((a, b) => a - b)).toEqual([...upload.stored].toSorted((a, b) => a - b));
    expect(sent).toHaveLength(18);
  });

  test("a file that breaks its bundle fails alone, and its neighbours are sent again at once", async ({
    expect,
    upload,
  }) => {
    const blobs = await write(40, 20_000);
    await upload.start(blobs, upload.store, 8 * MIB, 400_000);
    await expect.poll(() => upload.rig.ledger.sentBytesTotal).toBeGreaterThan(0);
    await appendFile(join(folder, "39"), "more");
    upload.rig.bandwidth.bytesPerSecond = null;
    await upload.done();
    expect([...upload.rig.ledger.localFailures]).toEqual([[39, "file_unreadable"]]);
    expect(upload.stored.size).toBe(39);
    const [again, ...others] = upload.rig.server.received.filter(({ files }) => files.includes(38));
    expect([again?.files.at(-1), others]).toEqual([38, []]);
  });
});
