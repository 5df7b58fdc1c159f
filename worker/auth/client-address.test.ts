import { Hono } from "hono";
import { afterEach, expect, test, vi } from "vitest";
import type { AppEnv } from "../context.ts";
import { networkPrefix } from "./client-address.ts";

afterEach(() => void vi.restoreAllMocks());

test("requests without an address are reported once", async () => {
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  vi.resetModules();
  const { clientAddress } = await import("./client-address.ts");
  const answers = new Hono<AppEnv>().get("/", (c) => c.text(clientAddress(c)));
  const some = { "CF-Connecting-IP": "192.0.2.9" };
  for (const headers of [{}, { "CF-Connecting-IP": "" }, some, {}]) {
    await answers.request("/", { headers });
  }
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("CF-Connecting-IP"));
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1"],
  ["2001:0DB8:0000:0001:0002:0003:0004:0005", "2001:db8:0:1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  ["::ffff:192.0.2.1", "0:0:0:0"],
])("%s counts as the network %s", (address, network) => {
  expect(networkPrefix(address)).toBe(network);
});
