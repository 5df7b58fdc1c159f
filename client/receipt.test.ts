import { CompactSign, exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { type ReceiptKeys, verifyReceipt } from "./receipt.ts";

interface SignedReceipt {
  receipt: object;
  jws: string;
}

const FILES = [
  { id: 0, path: "a.txt", size: 1, sha256: "0".repeat(64), type: "text/plain", state: "completed" },
  { id: 2, path: "é/b", size: 2, sha256: "1".repeat(64), type: "text/plain", state: "completed" },
  { id: 3, path: "c", size: 3, type: "text/plain", state: "failed" },
];
const RECEIPT = { batch: "b", rev: 7, files: 3, bytes: 3, completedAt: "2026-11-30T00:00:00.000Z" };

let signer: CryptoKey;
let keys: ReceiptKeys;
let lines: string[];
let last: string;

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { x = "", crv = "", kty = "" } = await exportJWK(publicKey);
  return { privateKey, jwk: { kid, x, crv, kty } };
}

/** Returns the last line of a receipt, signed by jose. */
async function signed(receipt: object): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(receipt));
  const jws = await new CompactSign(payload)
    .setProtectedHeader({ alg: "EdDSA", kid: "first" })
    .sign(signer);
  return `${JSON.stringify({ receipt, jws })}\n`;
}

beforeAll(async () => {
  const [first, second] = [await newKey("first"), await newKey("second")];
  signer = first.privateKey;
  keys = { keys: [second.jwk, first.jwk] };
  lines = FILES.map((file) => `${JSON.stringify(file)}\n`);
  const bytes = new TextEncoder().encode(lines.join(""));
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", bytes));
  last = await signed({ ...RECEIPT, sha256: digest.toString("hex") });
});

const check = (all: readonly string[], of = keys) => verifyReceipt(all.join(""), of);
const OTHER_LINES = "The lines of the receipt are not those that were signed.";

test("a receipt that is as it was signed is returned", async () => {
  const { receipt, files } = await check([...lines, last]);
  expect(files).toEqual(FILES);
  expect(receipt).toMatchObject(RECEIPT);
});

test("a receipt without files is returned", async () => {
  const bytes = await crypto.subtle.digest("SHA-256", new Uint8Array());
  const sha256 = Buffer.from(bytes).toString("hex");
  const only = await signed({ ...RECEIPT, files: 0, sha256 });
  expect(await check([only])).toMatchObject({ files: [], receipt: { sha256 } });
  expect(await check([only.trim()])).toMatchObject({ files: [] });
});

describe("a receipt is refused if a line", () => {
  test.each<[string, (all: readonly string[]) => string[]]>([
    ["was changed", ([first = "", ...rest]) => [first.replace('"size":1', '"size":9'), ...rest]],
    ["is missing", ([, ...rest]) => rest],
    ["was added", (all) => [...all, '{"id":9}\n']],
    ["was repeated", ([first = "", ...rest]) => [first, first, ...rest]],
    ["was moved", (all) => all.toReversed()],
    ["has another space", ([first = "", ...rest]) => [first.replace(":", ": "), ...rest]],
    ["has another end", (all) => all.map((line) => line.replace("\n", "\r\n"))],
    ["is empty", (all) => ["\n", ...all]],
  ])("%s", async (_, edit) => {
    await expect(check([...edit(lines), last])).rejects.toThrow(OTHER_LINES);
  });
});

describe("a receipt is refused if its last line", () => {
  test("is missing, because the stream broke off", async () => {
    await expect(check(lines)).rejects.toThrow("incomplete");
    await expect(check([...lines, last.slice(0, 90)])).rejects.toThrow("incomplete");
    await expect(check([])).rejects.toThrow("incomplete");
  });

  test("shows another receipt than the signed one", async () => {
    const other = last.replace('"rev":7', '"rev":8');
    await expect(check([...lines, other])).rejects.toThrow("not the one that was signed");
  });

  test("has another signature", async () => {
    const other = last.replace(/\.[\w-]{20}([\w-]*"\})/u, `.${"A".repeat(20)}$1`);
    expect(other).not.toBe(last);
    await expect(check([...lines, other])).rejects.toThrow("signature");
  });

  test("is signed with a key that the server doesn't have", async () => {
    const { jwk } = await newKey("first");
    await expect(check([...lines, last], { keys: [jwk] })).rejects.toThrow("signature");
    await expect(check([...lines, last], { keys: [] })).rejects.toThrow("no key first");
  });

  test("claims another algorithm", async () => {
    const { receipt, jws }: SignedReceipt = JSON.parse(last);
    const header = Buffer.from('{"alg":"none","kid":"first"}').toString("base64url");
    const other = JSON.stringify({ receipt, jws: jws.replace(/^[^.]*/u, header) });
    await expect(check([...lines, other])).rejects.toThrow("no key first for none");
  });
});
