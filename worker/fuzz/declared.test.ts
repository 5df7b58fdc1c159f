import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { call, TestBatch } from "../testing/batch.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { expectValidResponse, expectConsistentBatch } from "./expectations.ts";

const PUNCTUATION = [
  '"',
  "\\",
  "/",
  ";",
  ",",
  "=",
  "%",
  "'",
  "(",
  "<",
  "&",
  "*",
  ".",
  ":",
  " ",
  "@",
  "+",
  "-",
];
const INVISIBLE = ["\u202E", "\u200B", "\uFEFF", "\uFFFD", "\r", "\n", "\0"];
const character = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  fc.constantFrom(...PUNCTUATION, ...INVISIBLE),
);
const someName = fc.string({ unit: character, maxLength: 40 });
const validName = someName.filter((name) => v.is(FileDeclaration.entries.name, name));

/** Valid and nearly valid declarations. */
const aFile = fc.record(
  {
    name: fc.oneof({ weight: 9, arbitrary: someName }, fc.jsonValue()),
    size: fc.oneof(
      { weight: 9, arbitrary: fc.nat(3) },
      fc.maxSafeInteger(),
      fc.double(),
      fc.jsonValue(),
    ),
    type: fc.oneof(fc.constantFrom("text/html", "image/svg+xml;charset=x", ""), someName),
    path: someName,
    lastModified: fc.oneof(fc.double(), fc.jsonValue()),
    sha256: fc.constantFrom("0", "F".repeat(64)),
  },
  { requiredKeys: ["name", "size"] },
);

test(
  "valid declarations are returned unchanged, and invalid ones are refused",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const body = fc.record(
      {
        files: fc.oneof(
          { weight: 9, arbitrary: fc.array(aFile, { maxLength: 3 }) },
          fc.jsonValue(),
        ),
        metadata: fc.jsonValue(),
      },
      { requiredKeys: ["files"] },
    );
    const tried = await fuzz("declarations", body, {}, async (declaration) => {
      const text = JSON.stringify(declaration);
      const response = await call("/v1/batches", { method: "POST", body: text });
      if (response.status !== 201) return expectValidResponse(response, "POST");
      const batch = TestBatch.of(await response.json<CreatedBatch>());
      expect(await batch.files()).toMatchObject(expectedFiles(text));
      await expectConsistentBatch(batch);
    });
    expect(tried).toBeGreaterThan(0);
  },
);

const Declared = v.object({ name: v.string(), size: v.number(), path: v.optional(v.string()) });
const DeclaredText = v.pipe(v.string(), v.parseJson(), v.object({ files: v.array(Declared) }));

/** Returns the files that the batch must list for a declaration. */
function expectedFiles(text: string) {
  const { files } = v.parse(DeclaredText, text);
  return files.map(({ name, size, path = null }, id) => ({ id, name, size, path }));
}

test(
  "a file of any valid name has its own key, and downloads under that name",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const tried = await fuzz("names", validName, {}, async (name) => {
      const batch = await TestBatch.create([{ name, size: 1, type: "text/html" }]);
      expect((await batch.put(0, "x", { "Content-Length": "1" })).status).toBe(200);
      const { objects } = await env.BUCKET.list({ prefix: `${batch.id}/` });
      expect(objects.map(({ key }) => key.split("/").length)).toEqual([3]);
      const content = await batch.call("/files/0/content");
      expect(await content.text()).toBe("x");
      expect(nameIn(content.headers.get("Content-Disposition") ?? "")).toBe(name);
    });
    expect(tried).toBeGreaterThan(0);
  },
);

/** Returns the name in a `Content-Disposition` (RFC 6266). Its ASCII form must need no escapes. */
function nameIn(disposition: string): string {
  const form = /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''([\w%.!~-]*)$/u;
  const [, encoded = ""] = form.exec(disposition) ?? [];
  expect(disposition.split(";")[1]).not.toMatch(/[\\%]|".*".*"/u);
  return decodeURIComponent(encoded);
}
