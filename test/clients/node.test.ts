import { createHash } from "node:crypto";
import { join } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { runClient } from "./run-client.ts";
import { serverAndFolder } from "./server-and-folder.ts";

/** The clients in node/. */
const CLIENTS = ["axios", "fetch", "got", "http", "node-fetch", "superagent", "undici"];
const WITH_RETRIES = ["got", "superagent", "undici"];
const SIZES = [0, 1, 70_000, 3_000_000];

const Result = v.looseObject({ status: v.optional(v.number()), data: v.optional(v.unknown()) });
const Results = v.record(v.string(), Result);
/** Output of node/run.mjs: the results by way, of a file also by size. */
const Output = v.object({
  puts: v.record(v.string(), Results),
  bundles: Results,
  forms: Results,
  download: Result,
  refusals: Results,
  retried: v.optional(Result),
});

const made = serverAndFolder();

/** Returns the row of a file that node/run.mjs has sent. */
function storedFile(size: number) {
  const sha256 = createHash("sha256").update(Buffer.alloc(size, 0xff)).digest("hex");
  return { size, sha256, state: "completed" };
}

/** Returns the same value for each way of a client. */
function forEach(results: v.InferOutput<typeof Results>, expected: unknown) {
  expect(Object.keys(results).length).toBeGreaterThan(0);
  return Object.fromEntries(Object.keys(results).map((way) => [way, expected]));
}

type Output = v.InferOutput<typeof Output>;
const outputs = new Map<string, Promise<Output>>();

/** Returns the output of node/run.mjs, which runs once for each client. */
function outputOf(name: string): Promise<Output> {
  const output = outputs.get(name) ?? run(name);
  outputs.set(name, output);
  return output;
}

async function run(name: string): Promise<Output> {
  const program = join(import.meta.dirname, "node", "run.mjs");
  return v.parse(
    Output,
    await runClient(process.execPath, program, name, made.origin, made.folder),
  );
}

describe.each(CLIENTS)("%s", (name) => {
  test.each(SIZES)("sends a file of %d bytes", async (size) => {
    const results = (await outputOf(name)).puts[size] ?? {};
    expect(results).toMatchObject(forEach(results, { status: 200, data: storedFile(size) }));
  });

  test("sends a bundle", async () => {
    const { bundles } = await outputOf(name);
    const files = [storedFile(10), storedFile(70_000)];
    expect(bundles).toMatchObject(forEach(bundles, { status: 200, data: { files } }));
  });

  test("sends a form", async () => {
    const { forms } = await outputOf(name);
    const data = { ignored: [], files: [storedFile(10), storedFile(70_000)] };
    expect(forms).toMatchObject(forEach(forms, { status: 201, data }));
  });

  test("downloads a range", async () => {
    const { download } = await outputOf(name);
    expect(download).toEqual({ status: 206, data: "ff".repeat(5) });
  });

  test("gets the reason when a body is refused", async () => {
    const { refusals } = await outputOf(name);
    const data = { code: "file_not_found" };
    expect(refusals).toMatchObject(forEach(refusals, { status: 404, data }));
  });
});

test.each(WITH_RETRIES)("%s repeats a request by itself until the file is stored", async (name) => {
  const { retried } = await outputOf(name);
  expect(retried).toMatchObject({ status: 200, data: storedFile(70_000) });
});
