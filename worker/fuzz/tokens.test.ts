import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TokenSigner } from "../auth/tokens.ts";
import { ProblemError } from "../http/problem.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { type Edit, editText, someEdits } from "./edits.ts";

const tokens = new TokenSigner(["the new secret", "the old secret"]);
const CLAIMS = { batch: "0".repeat(32), scope: "write", owner: null } as const;
const EXPIRES = Math.floor(Date.now() / 1000) + 3600;

/** What the token's three parts are, however base64 writes them: the last characters have spare bits. */
function meaningOf(token: string): string[] {
  return token.split(".").map((part) => {
    try {
      return atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    } catch {
      return "";
    }
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof ProblemError ? error.code : error;
}

test(
  "a token that was edited opens nothing",
  async () => {
    const minted = await tokens.signAccess(CLAIMS, EXPIRES);
    const edited = someEdits.map((edits: readonly Edit[]) => editText(minted, edits));
    const tried = await fuzz("tokens", fc.oneof(edited, fc.string()), {}, async (token) => {
      const isSame = meaningOf(token).join(".") === meaningOf(minted).join(".");
      const opened: unknown = await tokens.verifyAccess(token).catch(codeOf);
      expect([...(isSame ? [CLAIMS] : []), "unauthorized"]).toContainEqual(opened);
      expect(await tokens.verifyGrant(token).catch(codeOf)).toBe("unauthorized");
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
