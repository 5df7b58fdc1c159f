import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { FileDeclaration } from "../../protocol/schemas.ts";
import { call, TestBatch } from "../testing/batch.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { expectValidResponse, expectConsistentBatch } from "./expectations.ts";

const ODD = [
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
const UNSEEN = ["\u202E", "\u200B", "\uFEFF", "\uFFFD", "\r", "\n", "\0"];
const character = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  fc.constantFrom(...ODD, ...UNSEEN),
);
const someName = fc.string({ unit: character, maxLength: 40 });
const goodName = someName.filter((name) => v.is(FileDeclaration.entries.name, name));

/** As clients declare files, or nearly so. */
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
  "what is declared well is told as it was, and anything else is refused",
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
      const answer = await call("/v1/batches", { method: "POST", body: text });
      if (answer.status !== 201) return expectValidResponse(answer, "POST");
      const batch = TestBatch.of(await answer.json<CreatedBatch>());
      expect(await batch.files()).toMatchObject(toldOf(text));
      await expectConsistentBatch(batch);
    });
    expect(tried).toBeGreaterThan(0);
  },
);

const Declared = v.object({ name: v.string(), size: v.number(), path: v.optional(v.string()) });
const DeclaredText = v.pipe(v.string(), v.parseJson(), v.object({ files: v.array(Declared) }));

/** What is told of each file that was declared so. */
function toldOf(text: string) {
  const { files } = v.parse(DeclaredText, text);
  return files.map(({ name, size, path = null }, id) => ({ id, name, size, path }));
}

test(
  "a file of any name lies under its own key, and comes back by its name",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const tried = await fuzz("names", goodName, {}, async (name) => {
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

/** RFC 6266: what stands in the quotes needs no escape, and the name itself stands behind. */
function nameIn(disposition: string): string {
  const form = /^attachment; filename="[\x20-\x7e]*"; filename\*=UTF-8''([\w%.!~-]*)$/u;
  const [, encoded = ""] = form.exec(disposition) ?? [];
  expect(disposition.split(";")[1]).not.toMatch(/[\\%]|".*".*"/u);
  return decodeURIComponent(encoded);
}
