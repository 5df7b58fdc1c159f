import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type Limits, LIMITS } from "../protocol/index.ts";
import { Ledger } from "./ledger.ts";
import type { ClientProblem } from "./errors.ts";
import {
  ScriptedServer,
  stored,
  type ReceivedRequest,
  type ScriptedResponse,
} from "./testing/scripted-server.ts";
import { Uploader } from "./uploader.ts";
import type { ViewEvents } from "./view.ts";

const CREATE = "POST /v1/batches";
const DECLARE = "POST /v1/batches/b/files";
const SEAL = "PATCH /v1/batches/b";

let server: ScriptedServer;
let uploader: Uploader;
let problems: ClientProblem[];
/** Number of declared files. */
let declared: number;

// No jitter: tests wait for no backoff.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => {
  uploader.dispose();
  server.stop();
  vi.restoreAllMocks();
});

/** Starts a server that accepts everything, unless `script` responds, and an uploader. */
async function start(
  script: (request: ReceivedRequest) => ScriptedResponse | null = () => null,
): Promise<void> {
  [declared, problems] = [0, []];
  server = await ScriptedServer.start((request) => script(request) ?? accept(request));
  uploader = new Uploader({ endpoint: server.origin, grant: "grant", metadata: { album: 1 } });
  uploader.on("problem", (problem) => problems.push(problem));
}

function accept(request: ReceivedRequest): ScriptedResponse {
  if (request.call === CREATE) return { status: 201, body: { ...created(), ...declare(request) } };
  if (request.call === DECLARE) return { status: 201, body: declare(request) };
  if (request.call === SEAL) return { body: { ...batch(), sealed: true } };
  if (/bundle|PUT/u.test(request.call)) return stored(request);
  // No sockets, and no changes by polling: these tests see only what the uploader does itself.
  if (request.call.includes("/live")) return { status: 403 };
  const isPage = request.call.startsWith("GET /v1/batches/b/files");
  return { body: isPage ? { rev: 1, files: [], next: null } : { ...batch(), sealed: false } };
}

function created() {
  return { id: "b", tokens: { write: "write", read: "read" }, limits: LIMITS };
}

function batch() {
  return { id: "b", rev: 1, state: "active", percentComplete: 0, totals: new Ledger().totals };
}

function declare({ body }: ReceivedRequest): { firstFile: number; count: number; rev: number } {
  const count = body.split('"size":').length - 1;
  const firstFile = declared;
  declared += count;
  return { firstFile, count, rev: declared };
}

function sources(...names: string[]) {
  return names.map((name) => ({ name, blob: new Blob([name]) }));
}

function sealed(): Promise<void> {
  return expect.poll(() => server.calls(SEAL).length).toBe(1);
}

test("the first files create the batch, which is sealed once they are sent", async () => {
  await start();
  const added: unknown[] = [];
  uploader.on("files", (files) =>
    added.push([files, uploader.created?.id, uploader.ledger.name(1)]),
  );
  const files = sources("a.txt", "b.txt");
  uploader.add(files);
  expect(uploader.running).toBe(true);
  await sealed();
  const [create] = server.calls(CREATE);
  expect(JSON.parse(create?.body ?? "")).toEqual({
    files: [
      { name: "a.txt", size: 5, type: "" },
      { name: "b.txt", size: 5, type: "" },
    ],
    metadata: { album: 1 },
    sealed: false,
  });
  expect(create?.headers).toMatchObject({ authorization: "Bearer grant" });
  expect(create?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/u);
  const event = { first: 0, count: 2, isOwn: true, sources: files };
  expect(added).toEqual([[event, "b", "b.txt"]]);
  expect(server.calls("POST /v1/batches/b/bundle")[0]?.headers["authorization"]).toBe(
    "Bearer write",
  );
  expect([uploader.running, problems]).toEqual([false, []]);
});

test.each(["paths", "addresses of another server"])(
  "requests follow no links: %s",
  async (kind) => {
    const other = await ScriptedServer.start(() => ({}));
    const host = kind === "paths" ? "" : other.origin;
    const self = `${host}/v1/batches/other`;
    const [files, bundle, live] = [`${self}/files`, `${self}/bundle`, `${self}/live`];
    const links = { self, files, bundle, live, events: `${self}/events`, page: `${host}/b/other` };
    await start((request) => {
      if (request.call !== CREATE) return null;
      return { status: 201, body: { ...created(), ...declare(request), links } };
    });
    uploader.add(sources("a.txt"));
    await sealed();
    other.stop();
    expect(other.received).toEqual([]);
    expect(server.received.filter(({ call }) => call.includes("other"))).toEqual([]);
    expect([uploader.running, problems]).toEqual([false, []]);
  },
);

test("a rate limit on creating the batch is reported and waited for", async () => {
  const waits: ViewEvents["ratelimited"][] = [];
  let creations = 0;
  await start(({ call }) => {
    if (call !== CREATE || ++creations > 1) return null;
    const body = { code: "rate_limited", detail: "" };
    return { status: 429, headers: { "retry-after": "1" }, body };
  });
  uploader.on("ratelimited", (wait) => waits.push(wait));
  uploader.add(sources("a.txt"));
  await sealed();
  expect(waits).toEqual([
    { ms: 1000, code: "rate_limited" },
    { ms: null, code: null },
  ]);
  expect(problems).toEqual([]);
});

test("files added later are declared in the same batch, in order", async () => {
  await start();
  uploader.add(sources("0", "1"));
  uploader.add(sources("2"));
  uploader.add([]);
  uploader.add(sources("3", "4"));
  await sealed();
  expect([0, 1, 2, 3, 4].map((id) => uploader.ledger.name(id))).toEqual(["0", "1", "2", "3", "4"]);
  expect(server.calls(DECLARE)).toHaveLength(2);
  expect(server.received.flatMap(({ files }) => files).toSorted((a, b) => a - b)).toEqual([
    0, 1, 2, 3, 4,
  ]);
  expect(() => uploader.add(sources("5"))).toThrow("sealed");
});

test("an open batch takes more files after all are sent, and is sealed after seal()", async () => {
  await start();
  uploader.open();
  uploader.add(sources("0"));
  await expect.poll(() => server.calls("PUT").length).toBe(1);
  await expect.poll(() => uploader.connection).toBe("polling");
  expect([uploader.running, server.calls(SEAL)]).toEqual([true, []]);
  uploader.add(sources("1"));
  await expect.poll(() => server.calls("PUT").length).toBe(2);
  uploader.seal();
  await sealed();
  expect(uploader.running).toBe(false);
});

/** Starts a server whose batches have these limits. */
async function startWith(limits: Partial<Limits>): Promise<void> {
  const own = { limits: { ...LIMITS, ...limits } };
  await start((request) =>
    request.call === CREATE
      ? { status: 201, body: { ...created(), ...own, ...declare(request) } }
      : null,
  );
}

test("files that one call cannot declare are declared in several, in order", async () => {
  await startWith({ files: 6, declareFiles: 2 });
  uploader.add(sources("0"));
  uploader.add(sources("1", "2", "3", "4", "5"));
  await sealed();
  const firstFiles = server.calls(DECLARE).map(({ body }) => /"firstFile":(\d)/u.exec(body)?.[1]);
  expect(firstFiles).toEqual(["1", "3", "5"]);
  expect([0, 1, 2, 3, 4, 5].map((id) => uploader.ledger.name(id)).join("")).toBe("012345");
  expect([uploader.ledger.count, problems]).toEqual([6, []]);
});

test("of a declaration in several calls that has too many files, none is sent", async () => {
  await startWith({ files: 5, declareFiles: 2 });
  uploader.add(sources("0"));
  uploader.add(sources("1", "2", "3", "4", "5"));
  await sealed();
  expect([server.calls(DECLARE), uploader.ledger.count]).toEqual([[], 1]);
  expect(problems).toMatchObject([{ code: "too_many_files" }]);
});

test("a declaration without a response is repeated with the same key", async () => {
  let cut = 0;
  await start(({ call }) => (call === DECLARE && cut++ === 0 ? "cut" : null));
  uploader.add(sources("0"));
  uploader.add(sources("1"));
  await sealed();
  const keys = server.calls(DECLARE).map(({ headers }) => headers["idempotency-key"]);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
  expect(uploader.ledger.count).toBe(2);
});

test("a file that failed here keeps the batch open until it is retried", async () => {
  let down = true;
  await start(({ call }) => (down && call.startsWith("PUT") ? "cut" : null));
  uploader.add(sources("a"));
  await expect.poll(() => uploader.ledger.localFailures.size).toBe(1);
  expect([uploader.ledger.state(0), uploader.running]).toEqual(["failed", false]);
  expect(server.calls(SEAL)).toEqual([]);
  down = false;
  uploader.retry();
  await sealed();
  expect([uploader.ledger.localFailures.size, uploader.ledger.state(0)]).toEqual([0, "queued"]);
});

test("a failed creation is reported, and adding more files tries again", async () => {
  let isAllowed = false;
  const body = { code: "unauthorized", detail: "Send a grant." };
  await start(({ call }) => (isAllowed || call !== CREATE ? null : { status: 401, body }));
  uploader.add(sources("a"));
  await expect.poll(() => problems).toMatchObject([body]);
  expect([uploader.created, uploader.running, uploader.ledger.count]).toEqual([null, false, 0]);
  expect(server.calls(CREATE)).toHaveLength(1);
  isAllowed = true;
  uploader.add(sources("a"));
  await sealed();
});

test("files beyond the batch's limit are reported and don't hold up the others", async () => {
  const body = { code: "too_many_files", detail: "This one takes 0 more." };
  await start(({ call }) => (call === DECLARE ? { status: 413, body } : null));
  uploader.add(sources("a"));
  uploader.add(sources("b"));
  await sealed();
  expect(problems).toMatchObject([body]);
  expect(uploader.ledger.count).toBe(1);
});

/** Returns what each `idle` event says, from now on. */
function idleEvents(): { failed: number }[] {
  const events: { failed: number }[] = [];
  uploader.on("idle", (event) => events.push(event));
  return events;
}

test("reports that nothing more will be sent once all files are stored, and again after more", async () => {
  await start();
  const idle = idleEvents();
  uploader.open();
  uploader.add(sources("0", "1"));
  await expect.poll(() => idle).toEqual([{ failed: 0 }]);
  uploader.add(sources("2"));
  await expect.poll(() => idle).toEqual([{ failed: 0 }, { failed: 0 }]);
  uploader.seal();
  await sealed();
  expect(idle).toHaveLength(2);
});

test("reports that nothing more will be sent when all files have failed, and after a retry", async () => {
  let down = true;
  const body = { code: "size_mismatch", detail: "" };
  await start(({ call }) => (down && call.startsWith("PUT") ? { status: 422, body } : null));
  const idle = idleEvents();
  uploader.add(sources("a"));
  await expect.poll(() => idle).toEqual([{ failed: 1 }]);
  down = false;
  uploader.retry();
  await expect.poll(() => idle).toEqual([{ failed: 1 }, { failed: 0 }]);
});

test("reports that nothing more will be sent when the batch can't be created", async () => {
  const body = { code: "unauthorized", detail: "Send a grant." };
  await start(({ call }) => (call === CREATE ? { status: 401, body } : null));
  const idle = idleEvents();
  uploader.add(sources("a", "b"));
  await expect.poll(() => idle).toEqual([{ failed: 2 }]);
  expect(problems).toMatchObject([body]);
});

test("reports that nothing more will be sent when files can't be declared", async () => {
  const body = { code: "too_many_files", detail: "" };
  await start(({ call }) => (call === DECLARE ? { status: 413, body } : null));
  const idle = idleEvents();
  uploader.add(sources("a"));
  uploader.add(sources("b", "c"));
  await expect.poll(() => idle.at(-1)).toEqual({ failed: 2 });
});

test("reports that nothing more will be sent when the server ends the batch", async () => {
  const body = { code: "batch_expired", detail: "" };
  await start(({ call }) => (/bundle|PUT/u.test(call) ? { status: 410, body } : null));
  const idle = idleEvents();
  uploader.add(sources("a", "b"));
  await expect.poll(() => idle).toHaveLength(1);
  expect([problems, uploader.running]).toMatchObject([[body], false]);
});

test("reports that nothing more will be sent when the batch or all files are cancelled", async () => {
  for (const files of [undefined, [0, 1]]) {
    await start(({ call }) => (/bundle|DELETE|cancel/u.test(call) ? "silent" : null));
    const idle = idleEvents();
    uploader.add(sources("a", "b"));
    await expect.poll(() => server.calls("POST /v1/batches/b/bundle").length).toBe(1);
    expect(idle).toEqual([]);
    void uploader.cancel(files);
    await expect.poll(() => idle).toEqual([{ failed: 0 }]);
    uploader.dispose();
    server.stop();
  }
});

test.each(["files", "progress", "batch", "idle"] as const)(
  "a bug in a listener of %s surfaces, and stops neither the upload nor other listeners",
  async (event) => {
    await start();
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    onTestFinished(() => void process.off("uncaughtException", uncaught));
    uploader.on(event, () => {
      throw new RangeError("a bug");
    });
    const other = vi.fn();
    uploader.on(event, other);
    uploader.add(sources("a", "b"));
    await sealed();
    await expect.poll(() => uncaught.mock.calls.length).toBeGreaterThan(0);
    await expect.poll(() => other.mock.calls.length).toBe(uncaught.mock.calls.length);
    expect(problems).toEqual([]);
  },
);

test("a bug in a source surfaces, and doesn't end the upload", async () => {
  await start();
  const uncaught = vi.fn();
  process.once("uncaughtException", uncaught);
  const broken = {
    name: "a",
    get blob(): Blob {
      throw new RangeError("a bug");
    },
  };
  uploader.add([broken]);
  uploader.add(sources("b"));
  await sealed();
  expect(uncaught).toHaveBeenCalledTimes(1);
  expect(uploader.ledger.count).toBe(1);
});

test.each([
  () => Promise.reject(new TypeError("Cannot read properties of undefined (reading 'token')")),
  () => Promise.reject(new TypeError("session.token is not a function")),
  () => Promise.reject(new TypeError('can\'t access property "token", session is undefined')),
  () => {
    throw new ReferenceError("session is not defined");
  },
])("a bug in a grant function surfaces, and is no failed connection", async (grant) => {
  await start();
  const uncaught = vi.fn();
  process.once("uncaughtException", uncaught);
  const calling = vi.fn(grant);
  uploader = new Uploader({ endpoint: server.origin, grant: calling });
  uploader.on("problem", (problem) => problems.push(problem));
  uploader.add(sources("a"));
  await expect.poll(() => problems).toMatchObject([{ code: "client_error" }]);
  expect([uncaught, calling].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
});

test("a bug in sending surfaces, is reported, and ends the upload", async () => {
  await start();
  const uncaught = vi.fn();
  process.once("uncaughtException", uncaught);
  vi.spyOn(uploader.ledger, "type").mockImplementation(() => {
    throw new TypeError("a bug");
  });
  vi.spyOn(uploader.ledger, "receivedBytes").mockImplementation(() => {
    throw new TypeError("a bug");
  });
  uploader.add(sources("a", "b"));
  await expect.poll(() => problems).toMatchObject([{ code: "client_error" }]);
  expect(uncaught).toHaveBeenCalledTimes(1);
  expect(uploader.running).toBe(false);
});

test("dispose stops sending", async () => {
  await start(({ call }) => (call.startsWith("PUT") ? "cut" : null));
  uploader.add(sources("a"));
  await expect.poll(() => server.calls("PUT").length).toBeGreaterThan(0);
  const sending = vi.spyOn(globalThis, "fetch");
  uploader.dispose();
  await new Promise((resolve) => void setTimeout(resolve, 100));
  expect(sending).not.toHaveBeenCalled();
  expect(problems).toEqual([]);
});
