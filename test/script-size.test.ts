import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { SCRIPT_LIMITS, type ScriptSizes, scriptSizes } from "../bench/page/script-size.ts";

let sizes: ScriptSizes;

beforeAll(async () => {
  sizes = await scriptSizes(fileURLToPath(new URL("../site/dist", import.meta.url)));
});

test("the page's first scripts stay within their limit", () => {
  // A lower limit as well: scripts that are not found would count as nothing.
  expect(sizes.page).toBeGreaterThan(10_000);
  expect(sizes.page).toBeLessThan(SCRIPT_LIMITS.page);
});

test("the elements' script without what it loads on demand stays within its limit", () => {
  expect(sizes.embedEntry).toBeGreaterThan(10_000);
  expect(sizes.embedEntry).toBeLessThanOrEqual(SCRIPT_LIMITS.embedEntry);
});

test("the elements' script with everything that it can load stays within its limit", () => {
  expect(sizes.embedTotal).toBeGreaterThan(sizes.embedEntry);
  expect(sizes.embedTotal).toBeLessThanOrEqual(SCRIPT_LIMITS.embedTotal);
});
