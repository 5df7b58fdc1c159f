import { expect, it } from "vitest";
import { tabState } from "./tab-state.ts";

it.each([
  [{ isOver: false, failed: 0, live: "live" }, "running"],
  [{ isOver: false, failed: 2, live: "live" }, "running"],
  [{ isOver: false, failed: 0, live: "paused" }, "paused"],
  [{ isOver: false, failed: 0, live: "outage" }, "offline"],
  [{ isOver: false, failed: 0, live: "gone" }, "offline"],
  [{ isOver: true, failed: 2, live: null }, "failed"],
  [{ isOver: true, failed: 0, live: null }, "done"],
  [{ isCancelled: true, isOver: true, failed: 2, live: null }, "cancelled"],
] as const)("the tab says of %o: %s", (facts, state) => {
  expect(tabState({ isCancelled: false, ...facts })).toBe(state);
});
