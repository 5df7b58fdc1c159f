import { expect, test } from "vitest";
import { networkPrefix } from "./address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1"],
  ["2001:0DB8:0000:0001:0002:0003:0004:0005", "2001:db8:0:1"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  ["::ffff:192.0.2.1", "0:0:0:0"],
])("%s is counted as %s", (address, network) => {
  expect(networkPrefix(address)).toBe(network);
});
