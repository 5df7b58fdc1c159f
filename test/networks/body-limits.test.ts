import { describe, expect } from "vitest";
import { bodyLimit } from "../support/middleboxes/body-limit.ts";
import { errorPage } from "../support/middleboxes/error-page.ts";
import { passOn } from "../support/middleboxes/exchange.ts";
import { firewall } from "../support/middleboxes/firewall.ts";
import { CALLS } from "./calls.ts";
import { test } from "./network-test.ts";
import { REFUSED, refusedFile, zeros } from "./sources.ts";

const MIB = 2 ** 20;

describe("a proxy that takes 1 MiB a request", () => {
  test("stores 400 files of 100 kB", async ({ proxy, upload }) => {
    proxy.middlebox = bodyLimit(MIB);
    const running = upload(zeros(400, 100_000));
    await running.expectAllStored();
    expect(running.outages).toEqual([]);
  });

  test("fails a larger file with the limit, and stores the others", async ({ proxy, upload }) => {
    proxy.middlebox = bodyLimit(MIB);
    const running = upload([
      ...zeros(20, 100_000),
      ...zeros(1, 5_000_000, "large "),
      ...zeros(20, MIB - 1000, "nearly "),
    ]);
    await running.ended();
    expect(running.failures).toEqual({ "large 0": "network_limit" });
    expect(running.uploader.ledger.networkLimit).toBeGreaterThanOrEqual(MIB - 1000);
    expect(running.uploader.ledger.networkLimit).toBeLessThan(5_000_000);
    await running.expectStored(40);
    expect(running.problems).toEqual([]);
  });

  test("fails the third larger file without sending it", async ({ proxy, upload }) => {
    proxy.middlebox = bodyLimit(MIB);
    const running = upload(zeros(2, 5_000_000, "large "));
    await running.ended();
    const sent: string[] = [];
    const limit = bodyLimit(MIB);
    proxy.middlebox = (exchange) => {
      if (CALLS.file(exchange)) sent.push(exchange.path);
      return limit(exchange);
    };
    running.uploader.add(zeros(1, 5_000_000, "third "));
    await running.ended();
    const code = "network_limit";
    expect(running.failures).toEqual({ "large 0": code, "large 1": code, "third 0": code });
    expect(sent).toEqual([]);
  });

  test("stores large files on a retry after it takes them", async ({ proxy, upload }) => {
    proxy.middlebox = bodyLimit(MIB);
    const running = upload([
      ...zeros(3, 5_000_000, "large "),
      ...zeros(3, 20_000_000, "in parts "),
    ]);
    await running.ended();
    expect(Object.values(running.failures)).toEqual(Array(6).fill("network_limit"));
    proxy.middlebox = passOn;
    running.uploader.retry();
    await running.expectAllStored();
  });

  test("may lower its limit midway", async ({ proxy, upload }) => {
    proxy.middlebox = bodyLimit(MIB);
    const running = upload(zeros(400, 50_000));
    await running.stored(20);
    proxy.middlebox = bodyLimit(MIB / 8);
    await running.expectAllStored();
  });

  test("may be a firewall that calls one file too large", async ({ proxy, upload }) => {
    proxy.middlebox = firewall([REFUSED], errorPage(413));
    const running = upload([
      ...zeros(150, 8000),
      refusedFile("virus", 100_000),
      ...zeros(50, 8000, "after "),
      ...zeros(2, 5_000_000, "large "),
    ]);
    await running.ended();
    expect(Object.keys(running.failures)).toEqual(["virus"]);
    await running.expectStored(202);
  });
});
