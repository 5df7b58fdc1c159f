import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { acceptsType, batchLimits } from "./limits.ts";

const FREE = { files: LIMITS.files, bytes: Infinity, fileBytes: LIMITS.fileBytes, types: null };
const SET = { ...env, BATCH_FILES: "20", BATCH_BYTES: "3000", FILE_BYTES: "1000" };

describe("what a batch may hold", () => {
  test("is what the protocol allows, where nothing is set", () => {
    expect(batchLimits(env)).toEqual(FREE);
    expect(batchLimits(env, {})).toEqual(FREE);
  });

  test("is what the operator has set, and never more than the protocol allows", () => {
    expect(batchLimits(SET)).toEqual({ files: 20, bytes: 3000, fileBytes: 1000, types: null });
    const large = { ...env, BATCH_FILES: "20000", FILE_BYTES: "1000000000000000" };
    expect(batchLimits(large)).toEqual(FREE);
  });

  test("is narrowed by a grant, and not widened", () => {
    const narrow = { maxFiles: 2, maxBytes: 300, maxFileBytes: 100, types: ["a/*"] };
    const narrowed = { files: 2, bytes: 300, fileBytes: 100, types: ["a/*"] };
    expect(batchLimits(SET, narrow)).toEqual(narrowed);
    const wide = { maxFiles: 200, maxBytes: 30_000, maxFileBytes: 10_000 };
    expect(batchLimits(SET, wide)).toEqual(batchLimits(SET));
    expect(batchLimits(SET, { maxBytes: 0 })).toMatchObject({ bytes: 0 });
  });
});

test.each([
  ["image/png", true],
  ["IMAGE/PNG; charset=x", true],
  ["application/pdf", true],
  ["application/pdfa", false],
  ["imagex/png", false],
  ["image", false],
  ["", false],
])("image/* and application/pdf take %j: %s", (type, isTaken) => {
  expect(acceptsType({ types: ["image/*", "application/pdf"] }, type)).toBe(isTaken);
  expect(acceptsType({ types: null }, type)).toBe(true);
});
