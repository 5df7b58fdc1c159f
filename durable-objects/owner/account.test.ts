import { expect, test } from "vitest";
import { accountOn, newAccount, withBatch, withBatchEvent, withFiles } from "./account.ts";

test("an account keeps the fields that a later version of the code has added", () => {
  const now = Date.UTC(2026, 10, 20);
  const created = { id: "a", createdAt: now, files: 1, bytes: 10 };
  const account = withBatch(accountOn(newAccount(), now), created);
  const batches = account.batches.map((batch) => ({ ...batch, added: 1 }));
  const later = { ...account, batches, added: 2 };
  const more = withFiles(later, { batch: "a", call: "first", files: 1, bytes: 5 });
  const event = { id: "a", createdAt: now, rev: 3, files: 2, completed: { files: 2, bytes: 15 } };
  const ended = withBatchEvent(more, { ...event, state: "completed" });
  expect(accountOn(ended, now + 86_400_000)).toMatchObject({
    added: 2,
    batches: [{ added: 1, state: "completed", files: 2, lastCall: "first" }],
  });
});
