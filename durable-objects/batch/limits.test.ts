import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { batchLimits } from "./limits.ts";

const TYPES = { types: null, extensions: null, wrongTypes: "correct" };
const UNLIMITED = {
  files: LIMITS.files,
  bytes: Infinity,
  fileBytes: LIMITS.fileBytes,
  keepDays: Infinity,
  ...TYPES,
};
const LIMITED = {
  ...env,
  BATCH_FILES: "20",
  BATCH_BYTES: "3000",
  FILE_BYTES: "1000",
  KEEP_DAYS: "30",
};

describe("the limits of a batch", () => {
  test("are the protocol's if the operator sets none", () => {
    expect(batchLimits(env)).toEqual(UNLIMITED);
    expect(batchLimits(env, {})).toEqual(UNLIMITED);
  });

  test("are the operator's, but never above the protocol's", () => {
    expect(batchLimits(LIMITED)).toEqual({
      files: 20,
      bytes: 3000,
      fileBytes: 1000,
      keepDays: 30,
      ...TYPES,
    });
    const large = { ...env, BATCH_FILES: "20000", FILE_BYTES: "1000000000000000" };
    expect(batchLimits(large)).toEqual(UNLIMITED);
  });

  test("are lowered by a grant, but not raised", () => {
    const narrow = { maxFiles: 2, maxBytes: 300, maxFileBytes: 100, keepDays: 7, types: ["a/*"] };
    const numbers = { files: 2, bytes: 300, fileBytes: 100, keepDays: 7 };
    const narrowed = { ...TYPES, ...numbers, types: ["a/*"] };
    expect(batchLimits(LIMITED, narrow)).toEqual(narrowed);
    const wide = { maxFiles: 200, maxBytes: 30_000, maxFileBytes: 10_000, keepDays: 300 };
    expect(batchLimits(LIMITED, wide)).toEqual(batchLimits(LIMITED));
    expect(batchLimits(LIMITED, { maxBytes: 0 })).toMatchObject({ bytes: 0 });
  });
});
