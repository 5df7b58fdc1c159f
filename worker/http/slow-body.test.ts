import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type BatchList, LIMITS } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer } from "../testing/grants.ts";
import { formBody, FORM_TYPE, unclosedBody, utf8 } from "../testing/multipart.ts";
import { noise } from "../testing/samples.ts";

const GRACE_MS = 400;
/** Settings that keep the tests short. */
const STRICT = { BODY_BYTES_PER_SECOND: "1000000", BODY_GRACE_SECONDS: `${GRACE_MS / 1000}` };

const SIZE = 1_000_000;

const TICK_MS = 50;

/** Sleeps in ticks, as the guard counts time: what delays one on a busy machine delays both. */
async function sleep(ms: number): Promise<void> {
  for (let slept = 0; slept < ms; slept += TICK_MS) {
    await new Promise((resolve) => void setTimeout(resolve, TICK_MS));
  }
}

afterEach(() => void vi.restoreAllMocks());

type Pieces = AsyncIterable<Uint8Array | string>;

/** Yields single bytes, far below the minimum rate. */
async function* trickle(first: Uint8Array | string = "x"): Pieces {
  yield first;
  for (;;) {
    await sleep(50);
    yield "x";
  }
}

async function* silence(first: Uint8Array | string = "x", ms = 20 * GRACE_MS): Pieces {
  yield first;
  await sleep(ms);
}

/** Returns a body of these pieces, until the reader cancels it. */
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

interface BodyRequest {
  name: string;
  method: "POST" | "PATCH" | "PUT";
  /** Relative to the batch, unless it starts with `/v1`. */
  path: string;
  headers?: Record<string, string>;
}

const FORM = { "Content-Type": FORM_TYPE };
const BUNDLE: BodyRequest = { name: "a bundle", method: "POST", path: "/bundle", headers: FORM };
const PLAIN_FORM: BodyRequest = {
  name: "a form",
  method: "POST",
  path: "/v1/upload",
  headers: FORM,
};
const FILE: BodyRequest = {
  name: "a whole file",
  method: "PUT",
  path: "/files/0",
  headers: { "Content-Length": `${SIZE}` },
};
const PART: BodyRequest = {
  name: "a part",
  method: "PUT",
  path: "/files/1/parts/1",
  headers: { "Content-Length": `${LIMITS.partBytes}` },
};
const CHANGE: BodyRequest = { name: "a change", method: "PATCH", path: "" };

/** One request for each way in which a body is read. */
const REQUESTS: readonly BodyRequest[] = [
  { name: "a new batch", method: "POST", path: "/v1/batches" },
  { name: "more files", method: "POST", path: "/files" },
  CHANGE,
  { name: "a retry", method: "POST", path: "/retry" },
  BUNDLE,
  PLAIN_FORM,
  FILE,
  PART,
];

/** Creates a batch with a small file and one of two parts. */
function newBatch(): Promise<TestBatch> {
  return TestBatch.create([SIZE, LIMITS.partBytes * 2], { sealed: false });
}

function send(
  { created }: TestBatch,
  { method, path, headers }: BodyRequest,
  pieces: Pieces,
  { token = created.tokens.write, settings = STRICT } = {},
): Promise<Response> {
  const isWhole = path.startsWith("/v1");
  return callWith(settings, isWhole ? path : `${created.links.self}${path}`, {
    method,
    // Creating a batch needs a grant.
    headers: { ...headers, ...bearer(isWhole ? (created.tokens.owner ?? "") : token) },
    body: bodyOf(pieces),
  });
}

describe.each([
  ["trickles", trickle],
  ["falls silent", silence],
])("a body that %s is refused as too slow:", (_, pieces) => {
  test.each(REQUESTS)("$name", async (request) => {
    const problem = await readProblem(await send(await newBatch(), request, pieces()));
    expect(problem).toMatchObject({ status: 408, code: "too_slow" });
  });

  test("and a request without access gets its own problem", async () => {
    const response = await send(await newBatch(), FILE, pieces(), { token: "forged" });
    expect(await readProblem(response)).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

test("a fast body that falls silent gets no more time than a slow one", async () => {
  const first = noise(4 * 1024 * 1024);
  const headers = { "Content-Length": `${LIMITS.partBytes}` };
  const settings = { ...STRICT, BODY_BYTES_PER_SECOND: "100000" };
  const batch = await TestBatch.create([LIMITS.partBytes]);
  const pieces = async function* (): Pieces {
    for (let start = 0; start < first.length; start += 65_536) {
      yield first.subarray(start, start + 65_536);
    }
    // The body ends, which is another problem, if it was not refused by then.
    yield* silence("x", GRACE_MS + 3000);
  };
  const response = await send(batch, { ...FILE, headers }, pieces(), { settings });
  expect(await readProblem(response)).toMatchObject({ code: "too_slow" });
});

describe("after a body was too slow", () => {
  test.each([
    { request: FILE, id: 0 },
    { request: PART, id: 1 },
  ])(
    "the file of $request.name is queued again, and the attempt is counted",
    async ({ request, id }) => {
      const batch = await newBatch();
      await readProblem(await send(batch, request, trickle(noise(600_000))));
      expect(await batch.file(id)).toMatchObject({
        state: "queued",
        receivedBytes: 0,
        attempts: 1,
      });
    },
  );

  test("a bundle's unfinished file is queued again, and earlier files are stored", async () => {
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

  test("a form leaves no batch", async () => {
    const { created } = await TestBatch.create([]);
    const owner = TestBatch.of(created);
    const first = unclosedBody([
      { name: "a", filename: "a.txt", bytes: "four" },
      { name: "b", filename: "b.txt", bytes: "" },
    ]);
    await readProblem(await send(owner, PLAIN_FORM, trickle(first)));
    const headers = bearer(created.tokens.owner ?? "");
    const { batches } = await (await callWith({}, "/v1/batches", { headers })).json<BatchList>();
    expect(batches.filter(({ id }) => id !== created.id)).toEqual([]);
  });
});

describe("the Worker waits for a body", () => {
  test("slower than usual but above the minimum rate", async () => {
    const batch = await TestBatch.create([2000]);
    const form = formBody([{ name: 0, bytes: noise(2000) }]);
    const slowly = async function* (): Pieces {
      for (let start = 0; start < form.length; start += 200) {
        await sleep(GRACE_MS / 4);
        yield form.slice(start, start + 200);
      }
    };
    const settings = { ...STRICT, BODY_BYTES_PER_SECOND: "500" };
    expect((await send(batch, BUNDLE, slowly(), { settings })).status).toBe(200);
    expect(await batch.file(0)).toMatchObject({ state: "completed" });
  });

  test("while R2 is slow, and for the full grace period after that", async () => {
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
    const response = await send(batch, FILE, pausing());
    expect(await response.json()).toMatchObject({ state: "completed", receivedBytes: SIZE });
  });

  test("without limit if the operator has set no rate", async () => {
    const settings = { BODY_BYTES_PER_SECOND: "0", BODY_GRACE_SECONDS: "0.1" };
    const slowly = async function* (): Pieces {
      yield '{"sealed":';
      await sleep(2 * GRACE_MS);
      yield " true}";
    };
    expect((await send(await newBatch(), CHANGE, slowly(), { settings })).status).toBe(200);
  });
});
