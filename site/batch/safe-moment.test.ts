import { expect, test } from "vitest";
import { NO_FILES } from "../../protocol/index.ts";
import { isSafe } from "./safe-moment.ts";

const SEALED = { state: "active", sealed: true } as const;

test("files are safe while all of a sealed batch are stored and some are processed", () => {
  expect(isSafe(SEALED, { ...NO_FILES, processing: 2, completed: 1, failed: 1 })).toBe(true);
});

test.each([
  [{ ...SEALED, sealed: false }, { processing: 2 }],
  [{ ...SEALED, state: "cancelled" as const }, { processing: 2 }],
  [SEALED, { processing: 2, queued: 1 }],
  [SEALED, { processing: 2, uploading: 1 }],
  [SEALED, { completed: 2 }],
  [null, { processing: 2 }],
])("files are not safe yet, or the batch is over: %j, %j", (batch, counts) => {
  expect(isSafe(batch, { ...NO_FILES, ...counts })).toBe(false);
});
