import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import * as v from "valibot";
import { beforeAll, expect, test } from "vitest";
import { verifyReceipt } from "../../client/index.ts";
import { TestBatch } from "../support/batch.ts";
import { serverAndFolder } from "./server-and-folder.ts";

const PAGE = new URL("../../docs/protocol.md", import.meta.url);
const Key = v.object({ kid: v.string(), x: v.string(), kty: v.string(), crv: v.string() });
const KeySet = v.object({ keys: v.array(Key) });
const LARGE = 9_000_000;

const made = serverAndFolder();
const run = promisify(execFile);
let batch: TestBatch;
let text: string;

beforeAll(async () => {
  batch = await TestBatch.create(made.origin, [5, LARGE]);
  await batch.put(0, "hello");
  await batch.put(1, new Uint8Array(LARGE));
  await batch.seal();
  text = await (await batch.call("/receipt")).text();
});

/** Returns the commands of the page that check a receipt. */
async function commands(): Promise<string> {
  const [, section = ""] = (await readFile(PAGE, "utf8")).split("\n### Receipts\n");
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gmsu)].map(([, block = ""]) => block);
  return blocks.slice(0, 2).join("");
}

async function check(edited: string): Promise<string> {
  const all = (await commands()).replace(
    "-o keys.json\n",
    `-o keys.json\ncp ${edited} receipt.ndjson\n`,
  );
  const variables = {
    TALLYMAN: made.origin,
    BATCH: batch.id,
    TOKEN: batch.created.tokens.read,
  };
  const options = { cwd: made.folder, env: { ...process.env, ...variables } };
  const { stdout } = await run("bash", ["-ec", all], options);
  return stdout;
}

test("openssl verifies the signature and sha256sum the lines, as docs/protocol.md says", async () => {
  const path = join(made.folder, "own.ndjson");
  await writeFile(path, text);
  const lines = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  const output = await check(path);
  expect(output).toContain(createHash("sha256").update(lines).digest("hex"));
  expect(output).toContain("Signature Verified Successfully");
  expect(text).toContain(`"sha256":"${createHash("sha256").update(lines).digest("hex")}"`);
});

test("openssl refuses another receipt under the same signature", async () => {
  const path = join(made.folder, "other.ndjson");
  const [payload = ""] = /(?<=\.)[\w-]+(?=\.)/u.exec(text) ?? [];
  const other = Buffer.from(payload, "base64url").toString().replace('"files":2', '"files":3');
  await writeFile(path, text.replace(payload, Buffer.from(other).toString("base64url")));
  await expect(check(path)).rejects.toThrow("Command failed");
});

test("the client verifies the receipt of a real server, with the digests of its files", async () => {
  const response = await fetch(`${made.origin}/v1/keys`);
  const keys = v.parse(KeySet, await response.json());
  const { receipt, files } = await verifyReceipt(text, keys);
  const sha256Of = (content: string | Uint8Array) =>
    createHash("sha256").update(content).digest("hex");
  expect(files).toMatchObject([
    { id: 0, sha256: sha256Of("hello") },
    { id: 1, sha256: sha256Of(new Uint8Array(LARGE)) },
  ]);
  expect(receipt).toMatchObject({ batch: batch.id, files: 2, bytes: 5 + LARGE });
});
