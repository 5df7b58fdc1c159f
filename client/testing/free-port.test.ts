import { once } from "node:events";
import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { freePort } from "./free-port.ts";

/** The next numbers that are drawn. */
const drawn = vi.hoisted((): number[] => []);

vi.mock(import("node:crypto"), async (original) => {
  const crypto = await original();
  const randomInt = (min: number, max: number) => drawn.shift() ?? crypto.randomInt(min, max);
  return { ...crypto, randomInt: Object.assign(randomInt, crypto.randomInt) };
});

test("a port is given once, even while no server listens on it", async () => {
  const port = await freePort();
  await expect(once(connect(port, "127.0.0.1"), "connect")).rejects.toThrow("ECONNREFUSED");
  drawn.push(port, port);
  expect(await freePort()).not.toBe(port);
  expect(drawn).toEqual([]);
});
