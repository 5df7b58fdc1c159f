import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ProblemCode } from "../protocol/index.ts";
import { FakeBatch } from "./testing/fake-batch.ts";
import {
  type ReceivedRequest,
  ScriptedServer,
  type ScriptedResponse,
} from "./testing/scripted-server.ts";
import { source } from "./testing/sources.ts";
import { Uploader } from "./uploader.ts";
import type { ViewEvents } from "./view.ts";

const DECLARE = "POST /v1/batches/b/files";

let batch: FakeBatch;
let server: ScriptedServer;
let uploader: Uploader;
/** Returns a response to use instead of the server's, or null. */
let override: (request: ReceivedRequest) => ScriptedResponse | null;

beforeEach(async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  batch = new FakeBatch();
  override = () => null;
  server = await ScriptedServer.start((request) => override(request) ?? batch.respond(request));
  uploader = new Uploader({ endpoint: server.origin });
});

afterEach(() => {
  uploader.dispose();
  server.stop();
  vi.restoreAllMocks();
});

/** Refuses to declare further files. A wait of a day isn't waited for. */
function refuse(code: ProblemCode, status: number): void {
  const headers = { "Retry-After": "86400" };
  override = ({ call }) =>
    call === DECLARE ? { status, headers, body: { code, detail: "" } } : null;
}

/** Returns the details of an event, from now on. */
function record<Name extends keyof ViewEvents>(name: Name): ViewEvents[Name][] {
  const details: ViewEvents[Name][] = [];
  uploader.on(name, (detail) => details.push(detail));
  return details;
}

const names = () => [...uploader.undeclared.keys()].map(({ name }) => name);

/** Stores one file, while two others are refused. */
async function addRefused(): Promise<void> {
  const idle = record("idle");
  uploader.add([source("a", 10)]);
  uploader.add([source("b", 10), source("c", 10)]);
  await expect.poll(() => idle).toEqual([{ failed: 2 }]);
  expect(batch.files[0]?.state).toBe("completed");
}

test("files that a quota refuses are told, keep the batch open, and are declared by a retry", async () => {
  refuse("quota_exceeded", 429);
  const undeclared = record("undeclared");
  await addRefused();
  expect(undeclared).toMatchObject([{ code: "quota_exceeded", sources: [{}, {}] }]);
  expect([names(), [...uploader.undeclared.values()]]).toEqual([
    ["b", "c"],
    ["quota_exceeded", "quota_exceeded"],
  ]);
  expect([batch.isSealed, uploader.running]).toEqual([false, false]);

  override = () => null;
  uploader.retry();
  expect([names(), uploader.running]).toEqual([[], true]);
  await expect.poll(() => uploader.summary).toMatchObject({ files: 3, completed: 3 });
});

test("files that are refused again wait on, and adding their sources declares them, too", async () => {
  refuse("quota_exceeded", 429);
  await addRefused();
  const idle = record("idle");
  uploader.retry();
  await expect.poll(() => idle).toEqual([{ failed: 2 }]);
  expect([names(), batch.isSealed]).toEqual([["b", "c"], false]);
  override = () => null;
  uploader.add([...uploader.undeclared.keys()]);
  await expect.poll(() => uploader.summary).toMatchObject({ files: 3, completed: 3 });
});

test("the batch ends without undeclared files once they are given up", async () => {
  refuse("quota_exceeded", 429);
  await addRefused();
  await uploader.cancelFailed();
  await expect.poll(() => uploader.summary).toMatchObject({ files: 1, completed: 1 });
  expect(names()).toEqual([]);
});

test("undeclared files don't keep a batch open that a retry can't help", async () => {
  refuse("too_many_files", 413);
  await addRefused();
  await expect.poll(() => uploader.summary).toMatchObject({ files: 1 });
  expect(names()).toEqual(["b", "c"]);
  uploader.retry();
  expect([names(), uploader.running]).toEqual([["b", "c"], false]);
});

test("cancelling the batch gives up undeclared files", async () => {
  refuse("quota_exceeded", 429);
  await addRefused();
  await uploader.cancel();
  expect(names()).toEqual([]);
});

test("a cancellation by another client gives up undeclared files", async () => {
  refuse("quota_exceeded", 429);
  await addRefused();
  batch.isCancelled = true;
  batch.rev++;
  await expect.poll(() => uploader.batch?.state).toBe("cancelled");
  expect(names()).toEqual([]);
});

test("files whose declaration ends with the batch's token are told with that reason", async () => {
  const body = { code: "token_revoked", detail: "" };
  override = ({ call }) => {
    if (call === DECLARE) return "silent";
    return /bundle|PUT/u.test(call) ? { status: 401, body } : null;
  };
  const undeclared = record("undeclared");
  uploader.add([source("a", 10)]);
  uploader.add([source("b", 10)]);
  await expect.poll(() => undeclared).toMatchObject([{ code: "token_revoked" }]);
  expect(names()).toEqual(["b"]);
});

test("files of a batch that can't be created are declared by a retry", async () => {
  const body = { code: "unauthorized", detail: "" };
  override = ({ call }) => (call === "POST /v1/batches" ? { status: 401, body } : null);
  const undeclared = record("undeclared");
  uploader.add([source("a", 10)]);
  await expect.poll(() => undeclared).toMatchObject([{ code: "unauthorized" }]);
  override = () => null;
  uploader.retry();
  await expect.poll(() => uploader.summary).toMatchObject({ completed: 1 });
});

test("files that couldn't be declared are cancelled with a batch that doesn't exist yet", async () => {
  const refusal = { status: 403, body: { code: "forbidden", detail: "" } } as const;
  override = ({ call }) => (call === "POST /v1/batches" ? refusal : null);
  const idle = record("idle");
  uploader.add([source("a", 10), source("b", 10)]);
  await expect.poll(() => idle).toEqual([{ failed: 2 }]);
  await uploader.cancel();
  expect([uploader.cancelled, uploader.running, names()]).toEqual([true, false, []]);
  expect(uploader.ledger.totals).toMatchObject({ files: 2, cancelled: 2 });
});
