import { describe, expect, it } from "vitest";
import { formatsFor } from "../formats.ts";
import { batchWords } from "./en.ts";

describe("the text of a wait", () => {
  const { wait } = batchWords(formatsFor("en"));
  const until = new Date(2026, 10, 30, 14, 5).getTime();

  it("has the seconds of a short one", () => {
    const text = wait({ ms: 20_400, until, code: "rate_limited" });
    expect(text).toBe("The server is busy. Retrying in 21 sec.");
  });

  it("has the end of a longer one, as it isn't counted down", () => {
    const text = wait({ ms: 300_000, until, code: "busy" });
    expect(text).toMatch(/^The server is busy\. Retrying at 2:05\sPM\.$/u);
  });

  it("says that a quota is used up", () => {
    const text = wait({ ms: 300_000, until, code: "quota_exceeded" });
    expect(text).toContain("Your upload quota is used up.");
  });
});
