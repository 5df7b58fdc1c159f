import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { SCRIPT_LIMITS, scriptSizes } from "../bench/page/script-size.ts";

test("the page's first scripts and the elements' script stay small", async () => {
  const sizes = await scriptSizes(fileURLToPath(new URL("../site/dist", import.meta.url)));
  // Nothing found would be small, too.
  expect(Math.min(sizes.page, sizes.embed)).toBeGreaterThan(10_000);
  expect(sizes.page).toBeLessThan(SCRIPT_LIMITS.page);
  expect(sizes.embed).toBeLessThan(SCRIPT_LIMITS.embed);
});
