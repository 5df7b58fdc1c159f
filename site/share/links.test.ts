import { describe, expect, it } from "vitest";
import { contentLink, parseResumeLink, readTokenOf, resumeLink, shareLink } from "./links.ts";

const batch = { id: "b-1", tokens: { write: "secret", read: "eyJ.a+b/c=.x" } };

describe("shareLink", () => {
  it("has the read token in the fragment, and no other token", () => {
    const link = new URL(shareLink(batch, "https://tally.example"));
    expect(link.origin + link.pathname + link.search).toBe("https://tally.example/b/b-1");
    expect(readTokenOf(link.hash)).toBe(batch.tokens.read);
    expect(link.href).not.toContain("secret");
  });
});

describe("resumeLink", () => {
  it("has the batch and its tokens in the fragment", () => {
    const link = new URL(resumeLink(batch, "https://tally.example"));
    expect(link.origin + link.pathname + link.search).toBe("https://tally.example/");
    expect(parseResumeLink(link.hash)).toEqual(batch);
  });

  it("writes the common prefix of both tokens once, and accepts full tokens", () => {
    const tokens = { write: "same-write", read: "same-read" };
    const { hash } = new URL(resumeLink({ id: "b-1", tokens }, "https://tally.example"));
    expect(hash).toBe("#batch=b-1&write=same-write&read=5*read");
    expect(parseResumeLink(hash)?.tokens).toEqual(tokens);
    expect(parseResumeLink("#batch=b-1&write=same-write&read=same-read")?.tokens).toEqual(tokens);
  });

  it("omits a missing read token", () => {
    const { hash } = new URL(
      resumeLink({ id: "b-1", tokens: { write: "w" } }, "https://a.example"),
    );
    expect(parseResumeLink(hash)?.tokens).toEqual({ write: "w" });
  });

  it.each(["", "#", "#token=x", "#batch=b-1", "#batch=&write=x"])(
    "parses %o as null",
    (fragment) => {
      expect(parseResumeLink(fragment)).toBeNull();
    },
  );
});

describe("readTokenOf", () => {
  it.each(["", "#", "#token=", "#other=1"])("returns null for %o", (fragment) => {
    expect(readTokenOf(fragment)).toBeNull();
  });
});

describe("contentLink", () => {
  it("names the file, and encodes the token as a query parameter", () => {
    const link = new URL(contentLink("b-1", 7, batch.tokens.read), "https://tally.example");
    expect(link.pathname).toBe("/v1/batches/b-1/files/7/content");
    expect(link.searchParams.get("token")).toBe(batch.tokens.read);
  });
});
