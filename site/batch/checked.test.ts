import { expect, test } from "vitest";
import { Ledger } from "../../client/ledger.ts";
import { isEveryFileChecked } from "./checked.ts";

test("every stored file must be checked, and one must be stored", () => {
  const ledger = new Ledger();
  const isChecked = () => isEveryFileChecked(ledger);
  ledger.add(Array.from({ length: 4 }, () => ({ name: "a", path: null, size: 1, type: "" })));
  ledger.apply([0, "failed", 0, 0, "too_large"], 1);
  ledger.apply([1, "cancelled", 0, 0, null], 1);
  expect(isChecked()).toBe(false);
  for (const id of [2, 3]) ledger.apply([id, "completed", 100, 1, null], 1);
  ledger.checked.add(2);
  // A file that is not stored counts for nothing.
  ledger.checked.add(0);
  expect(isChecked()).toBe(false);
  ledger.checked.add(3);
  expect(isChecked()).toBe(true);
});
