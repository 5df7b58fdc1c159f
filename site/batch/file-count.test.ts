import { expect, it } from "vitest";
import { FileCount } from "./file-count.ts";

it("counts files as they are added, and looks at each one once", () => {
  const ledger = { count: 300 };
  const seen: number[] = [];
  const count = new FileCount(ledger, (file) => seen.push(file) > 0 && file >= 300);
  expect(count.value).toBe(0);
  ledger.count = 310;
  expect([count.value, count.value, seen.length]).toEqual([10, 10, 310]);
});
