import { describe, expect, it } from "vitest";
import { linkProblem } from "./link-problem-kind.ts";

/** An unsigned token that expires at that time, in seconds since 1970. */
function token(exp: number): string {
  return `e30.${btoa(JSON.stringify({ batch: "b-1", exp }))}.x`;
}

const VALID = token(Date.now() / 1000 + 3600);

describe("linkProblem", () => {
  it.each([
    ["token_revoked", "ended"],
    ["batch_not_found", "deleted"],
    ["batch_expired", "unfinished"],
    ["unauthorized", "invalid"],
    ["connection_failed", null],
    [null, null],
  ] as const)("for %s is %s", (code, kind) => {
    expect(linkProblem("b-1", VALID, code)).toBe(kind);
  });

  it("says that a token has expired", () => {
    expect(linkProblem("b-1", token(1), "unauthorized")).toBe("expired");
  });

  it("calls a link with a wrong id invalid, whose batch can't be found either", () => {
    expect(linkProblem("b-", VALID, "batch_not_found")).toBe("invalid");
  });
});
