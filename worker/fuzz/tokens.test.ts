import * as fc from "fast-check";
import { expect, test } from "vitest";
import { verifyGrant } from "../auth/grant.ts";
import { Signer } from "../auth/jwt.ts";
import { signBatchToken, verifyBatchToken, verifyOwnerToken } from "../auth/tokens.ts";
import { ProblemError } from "../http/problem.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { type Edit, editText, someEdits } from "./edits.ts";

const SECRETS = ["the new secret", "the old secret"];
const signer = new Signer(SECRETS);
const CLAIMS = { batch: "0".repeat(32), scope: "write" } as const;
const EXPIRES = Math.floor(Date.now() / 1000) + 3600;

/** Decodes the three parts of a token. Different base64 may have the same value. */
function decodeParts(token: string): string[] {
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
  "an edited token is refused",
  async () => {
    const signed = await signBatchToken(signer, CLAIMS, EXPIRES);
    const edited = someEdits.map((edits: readonly Edit[]) => editText(signed, edits));
    const tried = await fuzz("tokens", fc.oneof(edited, fc.string()), {}, async (token) => {
      const isSame = decodeParts(token).join(".") === decodeParts(signed).join(".");
      const verified: unknown = await verifyBatchToken(signer, token).catch(codeOf);
      const same: unknown = expect.objectContaining(CLAIMS);
      expect([...(isSame ? [same] : []), "unauthorized"]).toContainEqual(verified);
      expect(await verifyGrant(token, SECRETS).catch(codeOf)).toBe("unauthorized");
      expect(await verifyOwnerToken(signer, token).catch(codeOf)).toBe("unauthorized");
    });
    expect(tried).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
