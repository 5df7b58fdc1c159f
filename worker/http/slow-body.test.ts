import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BatchList, LIMITS } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer } from "../testing/grants.ts";
import { formBody, FORM_TYPE, unclosedBody, utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";

const GRACE_MS = 400;
/** So impatient that a test need not wait long. */
const IMPATIENT = { BODY_BYTES_PER_SECOND: "1000000", BODY_GRACE_SECONDS: `${GRACE_MS / 1000}` };

const SIZE = 1_000_000;

const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

afterEach(() => void vi.restoreAllMocks());

type Pieces = AsyncIterable<Uint8Array | string>;

/** A byte now and then: far too little. */
async function* trickle(first: Uint8Array | string = "x"): Pieces {
  yield first;
  for (;;) {
    await sleep(50);
    yield "x";
  }
}

async function* silence(first: Uint8Array | string = "x"): Pieces {
  yield first;
  await sleep(20 * GRACE_MS);
}

/** Sends what comes, until it is given up. */
function bodyOf(pieces: Pieces): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const pump = async (writer: WritableStreamDefaultWriter<Uint8Array>) => {
    for await (const piece of pieces) {
      await writer.write(typeof piece === "string" ? utf8(piece) : piece);
    }
    await writer.close();
  };
  void pump(writable.getWriter()).catch(() => undefined);
  return readable;
}

interface Way {
  how: string;
  method: "POST" | "PATCH" | "PUT";
  /** Of the batch, unless it is the whole of it. */
  path: string;
  /** What is said of the body. */
  headers?: Record<string, string>;
}

const FORM = { "Content-Type": FORM_TYPE };
const BUNDLE: Way = { how: "a bundle", method: "POST", path: "/bundle", headers: FORM };
const PLAIN: Way = { how: "a form", method: "POST", path: "/v1/upload", headers: FORM };
const FILE: Way = {
  how: "a whole file",
  method: "PUT",
  path: "/files/0",
  headers: { "Content-Length": `${SIZE}` },
};
const PART: Way = {
  how: "a part",
  method: "PUT",
  path: "/files/1/parts/1",
  headers: { "Content-Length": `${LIMITS.partBytes}` },
};
const CHANGE: Way = { how: "a change", method: "PATCH", path: "" };

/** Every way in which a body is read. */
const WAYS: readonly Way[] = [
  { how: "a new batch", method: "POST", path: "/v1/batches" },
  { how: "more files", method: "POST", path: "/files" },
  CHANGE,
  { how: "a retry", method: "POST", path: "/retry" },
  BUNDLE,
  PLAIN,
  FILE,
  PART,
];

/** With a file that goes alone, and one that goes in parts. */
function newBatch(): Promise<TestBatch> {
  return TestBatch.create([SIZE, LIMITS.partBytes * 2], { sealed: false });
}

function send(
  { created }: TestBatch,
  { method, path, headers }: Way,
  pieces: Pieces,
  { token = created.tokens.write, settings = IMPATIENT } = {},
): Promise<Response> {
  const isWhole = path.startsWith("/v1");
  return callWith(settings, isWhole ? path : `${created.links.self}${path}`, {
    method,
    // A batch's token creates no other.
    headers: { ...headers, ...bearer(isWhole ? (created.tokens.owner ?? "") : token) },
    body: bodyOf(pieces),
  });
}

describe.each([
  ["trickles", trickle],
  ["falls silent", silence],
])("a body that %s is given up:", (_, coming) => {
  test.each(WAYS)("$how", async (way) => {
    const problem = await readProblem(await send(await newBatch(), way, coming()));
    expect(problem).toMatchObject({ status: 408, code: "too_slow" });
  });

  test("one that is not wanted, whose client is told why", async () => {
    const answer = await send(await newBatch(), FILE, coming(), { token: "forged" });
    expect(await readProblem(answer)).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

test("a file that came fast is given no more time than any other once it falls silent", async () => {
  const first = noise(4 * 1024 * 1024);
  const headers = { "Content-Length": `${LIMITS.partBytes}` };
  const settings = { ...IMPATIENT, BODY_BYTES_PER_SECOND: "100000" };
  const batch = await TestBatch.create([LIMITS.partBytes]);
  let fellSilent = 0;
  const coming = async function* (): Pieces {
    for (let start = 0; start < first.length; start += 65_536) {
      yield first.subarray(start, start + 65_536);
    }
    fellSilent = Date.now();
    yield* silence();
  };
  const answer = await send(batch, { ...FILE, headers }, coming(), { settings });
  expect(await readProblem(answer)).toMatchObject({ code: "too_slow" });
  expect(Date.now() - fellSilent).toBeLessThan(GRACE_MS + 3000);
});

describe("what was given up", () => {
  test.each([
    { way: FILE, id: 0 },
    { way: PART, id: 1 },
  ])("as $way.how waits again, and the try is counted", async ({ way, id }) => {
    const batch = await newBatch();
    await readProblem(await send(batch, way, trickle(noise(600_000))));
    expect(await batch.file(id)).toMatchObject({ state: "queued", receivedBytes: 0, attempts: 1 });
  });

  test("of a bundle waits again, and what came before it is stored", async () => {
    const batch = await TestBatch.create([4, SIZE]);
    const first = unclosedBody([
      { name: 0, bytes: "four" },
      { name: 1, bytes: noise(1000) },
    ]);
    await readProblem(await send(batch, BUNDLE, trickle(first)));
    expect(await batch.files()).toMatchObject([
      { state: "completed", attempts: 1 },
      { state: "queued", attempts: 1 },
    ]);
    await batch.put(1, noise(SIZE));
    expect(await batch.status()).toMatchObject({ state: "completed" });
  });

  test("of a form leaves what came before it in a batch that is complete", async () => {
    const { created } = await TestBatch.create([]);
    const owner = TestBatch.of(created);
    const first = unclosedBody([
      { name: "a", filename: "a.txt", bytes: "four" },
      { name: "b", filename: "b.txt", bytes: "" },
    ]);
    await readProblem(await send(owner, PLAIN, trickle(first)));
    await vi.waitFor(async () => {
      const headers = bearer(created.tokens.owner ?? "");
      const { batches } = await (await callWith({}, "/v1/batches", { headers })).json<BatchList>();
      const others = batches.filter(({ id }) => id !== created.id);
      expect(others).toMatchObject([{ state: "completed", files: 1 }]);
    });
  });
});

describe("a body is waited for", () => {
  test("that is slow, but not as slow as that", async () => {
    const batch = await TestBatch.create([2000]);
    const form = formBody([{ name: 0, bytes: noise(2000) }]);
    const slowly = async function* (): Pieces {
      for (let start = 0; start < form.length; start += 200) {
        await sleep(GRACE_MS / 4);
        yield form.slice(start, start + 200);
      }
    };
    const settings = { ...IMPATIENT, BODY_BYTES_PER_SECOND: "500" };
    expect((await send(batch, BUNDLE, slowly(), { settings })).status).toBe(200);
    expect(await batch.file(0)).toMatchObject({ state: "completed" });
  });

  test("while it is R2 that is slow, and no less long after that", async () => {
    const batch = await newBatch();
    const put = env.BUCKET.put.bind(env.BUCKET);
    const stalled = Promise.withResolvers<void>();
    vi.spyOn(env.BUCKET, "put").mockImplementation(async (...args) => {
      await sleep(5 * GRACE_MS);
      stalled.resolve();
      return put(...args);
    });
    const bytes = noise(SIZE);
    const pausing = async function* (): Pieces {
      yield bytes.slice(0, 200_000);
      await stalled.promise;
      await sleep(GRACE_MS / 2);
      yield bytes.slice(200_000);
    };
    const answer = await send(batch, FILE, pausing());
    expect(await answer.json()).toMatchObject({ state: "completed", receivedBytes: SIZE });
  });

  test("as long as it takes, where the operator has set no pace", async () => {
    const settings = { BODY_BYTES_PER_SECOND: "0", BODY_GRACE_SECONDS: "0.1" };
    const slowly = async function* (): Pieces {
      yield '{"sealed":';
      await sleep(2 * GRACE_MS);
      yield " true}";
    };
    expect((await send(await newBatch(), CHANGE, slowly(), { settings })).status).toBe(200);
  });
});
