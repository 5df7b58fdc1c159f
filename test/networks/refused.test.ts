import { describe, expect } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { errorPage } from "../support/middleboxes/error-page.ts";
import { passOn } from "../support/middleboxes/exchange.ts";
import { firewall } from "../support/middleboxes/firewall.ts";
import { resetAll } from "../support/middleboxes/portal.ts";
import { test } from "./network-test.ts";
import { REFUSED, refusedFile, zeros } from "./sources.ts";

const WAYS = [
  { way: "403 in HTML", refuse: errorPage(403) },
  { way: "200 in HTML", refuse: errorPage(200) },
  { way: "502 in HTML", refuse: errorPage(502) },
  { way: "a reset", refuse: resetAll },
];

describe.each(WAYS)("a firewall that refuses files by $way", ({ refuse }) => {
  test("fails only the one that it refuses", async ({ proxy, upload }) => {
    proxy.middlebox = firewall([REFUSED], refuse);
    const running = upload([
      ...zeros(120, 20_000),
      refusedFile("virus", 20_000),
      ...zeros(79, 20_000),
    ]);
    await running.ended();
    expect(running.failures).toEqual({ virus: "refused_in_between" });
    await running.expectStored(199);
    expect([running.problems, running.outages]).toEqual([[], []]);
  });

  test("fails only the two that it refuses", async ({ proxy, upload }) => {
    proxy.middlebox = firewall([REFUSED], refuse);
    const running = upload([
      refusedFile("first", 5000),
      ...zeros(50, 5000),
      refusedFile("second", 5000, 4000),
      ...zeros(50, 5000, "after "),
    ]);
    await running.ended();
    expect(running.failures).toEqual({
      first: "refused_in_between",
      second: "refused_in_between",
    });
    await running.expectStored(100);
  });

  test("fails a large file for one of its parts", async ({ proxy, upload }) => {
    proxy.middlebox = firewall([REFUSED], refuse);
    const size = 2.5 * LIMITS.partBytes;
    const running = upload([
      ...zeros(20, 5000),
      refusedFile("film", size, 1.5 * LIMITS.partBytes),
      ...zeros(1, size, "another film "),
    ]);
    await running.ended();
    expect(running.failures).toEqual({ film: "refused_in_between" });
    await running.expectStored(21);
  });

  test("stores it on a retry once it lets it pass", async ({ proxy, upload }) => {
    proxy.middlebox = firewall([REFUSED], refuse);
    const running = upload([refusedFile("virus", 5000), ...zeros(10, 5000)]);
    await running.ended();
    proxy.middlebox = passOn;
    running.uploader.retry();
    await running.expectAllStored();
  });
});
