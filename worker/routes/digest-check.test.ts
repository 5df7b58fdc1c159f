import { describe, expect, test } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";

const SHA256 = "0".repeat(64);

describe("CHECK_BYTES", () => {
  const LIMIT = 2 * LIMITS.bundleBytes;
  const create = (files: readonly object[], limit = String(LIMIT)) =>
    callWith({ CHECK_BYTES: limit }, "/v1/batches", {
      method: "POST",
      body: JSON.stringify({ files }),
    });

  test("refuses the declaration of a digest that is not checked, and says what to do", async () => {
    const response = await create([
      { name: "small", size: 1, sha256: SHA256 },
      { name: "large", size: LIMIT, sha256: SHA256 },
      { name: "larger", size: LIMIT + 1, sha256: SHA256 },
      { name: "without a digest", size: LIMIT + 1 },
    ]);
    const problem = await readProblem(response);
    expect(problem).toMatchObject({ status: 422, code: "invalid_files" });
    const detail = expect.stringMatching(/16777216 bytes.*declare the file without it/u);
    expect(problem.errors).toEqual([{ index: 2, detail }]);
  });

  test("does not matter to files that one request can send, and 0 is no limit", async () => {
    const small = { name: "small", size: LIMITS.bundleBytes, sha256: SHA256 };
    const large = { name: "large", size: LIMITS.fileBytes, sha256: SHA256 };
    expect((await create([small], "1")).status).toBe(201);
    expect((await create([small, large], "0")).status).toBe(201);
    expect((await create([large], "1")).status).toBe(422);
  });
});
