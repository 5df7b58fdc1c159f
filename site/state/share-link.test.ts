import { describe, expect, it } from "vitest";
import { shareLink, tokenOf } from "./share-link.ts";

const batch = { id: "b-1", tokens: { write: "secret", read: "eyJ.a+b/c=.x" } };

describe("shareLink", () => {
  it("keeps the read token in the fragment, and no other token anywhere", () => {
    const link = new URL(shareLink(batch, "https://tally.example"));
    expect(link.origin + link.pathname + link.search).toBe("https://tally.example/b/b-1");
    expect(tokenOf(link.hash)).toBe(batch.tokens.read);
    expect(link.href).not.toContain("secret");
  });
});

describe("tokenOf", () => {
  it.each(["", "#", "#token=", "#other=1"])("finds none in %o", (fragment) => {
    expect(tokenOf(fragment)).toBeNull();
  });
});
