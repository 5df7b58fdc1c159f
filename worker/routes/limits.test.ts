import { describe, expect, test } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { readProblem, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor, grantWith, secondsFromNow } from "../testing/grants.ts";

/** Returns the conditions for a new batch, as a client with this token gets them. */
async function limitsFor(token: string, settings: Parameters<typeof callWith>[0] = {}) {
  const init = token === "" ? {} : { headers: bearer(token) };
  return (await callWith(settings, "/v1/limits", init)).json();
}

describe("GET /v1/limits", () => {
  test.each(["open", "grant"] as const)("tells that access is %s", async (ACCESS) => {
    expect(await limitsFor("", { ACCESS })).toEqual({ access: ACCESS, limits: LIMITS });
  });

  test("returns the operator's limits", async () => {
    const info = await limitsFor("", { BATCH_FILES: "7", FILE_BYTES: "8", BATCH_BYTES: "9" });
    expect(info).toMatchObject({ limits: { files: 7, fileBytes: 8, bytes: 9 } });
  });

  test("returns the operator's contact", async () => {
    const info = await limitsFor("", { ABUSE_CONTACT: "abuse@example.com" });
    expect(info).toMatchObject({ contact: "abuse@example.com" });
  });

  test("returns the limits of a grant, whatever it may do", async () => {
    const limits = { maxFiles: 2, maxBytes: 3, maxFileBytes: 4, types: ["image/*"] };
    const narrowed = { files: 2, bytes: 3, fileBytes: 4, types: ["image/*"] };
    for (const can of [["create"], ["list"], []]) {
      const info = await limitsFor(await grantFor({ limits, can }), { BATCH_FILES: "7" });
      expect(info).toMatchObject({ limits: { ...LIMITS, ...narrowed } });
    }
  });

  test("returns the limits that a batch with the same grant gets", async () => {
    const grant = await grantWith({ maxFiles: 5, types: ["text/plain"] });
    const { created } = await TestBatch.create([1], { grant });
    expect(await limitsFor(grant)).toMatchObject({ limits: created.limits });
  });

  test("refuses an expired grant, with any access", async () => {
    const headers = bearer(await grantFor({ exp: secondsFromNow(-1) }));
    for (const ACCESS of ["open", "grant"] as const) {
      const response = await callWith({ ACCESS }, "/v1/limits", { headers });
      expect(await readProblem(response)).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test("is not stored by caches", async () => {
    const { headers } = await callWith({}, "/v1/limits");
    expect(headers.get("Cache-Control")).toBe("no-store");
  });
});
