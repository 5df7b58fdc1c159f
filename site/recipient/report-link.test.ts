import { describe, expect, it } from "vitest";
import { reportLink } from "./report-link.ts";

const PAGE = "https://tally.example/b/b-1";

describe("reportLink", () => {
  it.each(["abuse@example.com", "mailto:abuse@example.com"])(
    "writes an e-mail to %s",
    (contact) => {
      expect(reportLink(contact, PAGE, "Report about files")).toBe(
        "mailto:abuse@example.com?subject=Report%20about%20files&body=https%3A%2F%2Ftally.example%2Fb%2Fb-1",
      );
    },
  );

  it("names the batch at the operator's page", () => {
    const link = new URL(reportLink("https://example.com/report?lang=en", PAGE, "") ?? "");
    expect(link.origin + link.pathname).toBe("https://example.com/report");
    expect(Object.fromEntries(link.searchParams)).toEqual({ lang: "en", batch: PAGE });
  });

  it.each(["", "javascript:alert(1)", "http://example.com", "ask Anna"])(
    "is null for %j",
    (contact) => {
      expect(reportLink(contact, PAGE, "")).toBeNull();
    },
  );
});
