import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { LISTED_ENDED_BATCHES } from "../../protocol/index.ts";
import { type Account, hasTooManyOpen, newAccount, openBatches } from "./account.ts";
import { withBatchEvent } from "./batch-event.ts";
import { accountOn, withBatch, withFiles } from "./reservations.ts";

test("an account keeps the fields that a later version of the code has added", () => {
  const now = Date.UTC(2026, 10, 20);
  const created = { id: "a", createdAt: now, files: 1, bytes: 10 };
  const account = withBatch(accountOn(newAccount(), now), created);
  const batches = account.batches.map((batch) => ({ ...batch, added: 1 }));
  const later = { ...account, batches, added: 2 };
  const more = withFiles(later, { batch: "a", call: "first", files: 1, bytes: 5 }, now);
  const event = { id: "a", createdAt: now, rev: 3, files: 2, completed: { files: 2, bytes: 15 } };
  const ended = withBatchEvent(more, { ...event, state: "completed" });
  expect(accountOn(ended, now + 86_400_000)).toMatchObject({
    added: 2,
    batches: [{ added: 1, state: "completed", files: 2 }],
  });
});

const NO_QUOTA = { openBatches: null, filesPerDay: null, bytesPerDay: null };

/** Adds a batch as the `n`th of its owner, and ends it if `isEnded`. */
function withNumbered(account: Account, n: number, isEnded: boolean): Account {
  const id = String(n).padStart(32, "0");
  const created = withBatch(account, { id, createdAt: n, files: 1, bytes: 1 });
  if (!isEnded) return created;
  const completed = { files: 0, bytes: 0 };
  return withBatchEvent(created, {
    id,
    createdAt: n,
    rev: 2,
    state: "cancelled",
    files: 1,
    completed,
  });
}

test("an account knows every open batch, and the latest thousand that have ended", () => {
  let account = newAccount();
  for (let n = 0; n < 1200; n++) account = withNumbered(account, n, false);
  for (let n = 1200; n < 1200 + LISTED_ENDED_BATCHES + 50; n++) {
    account = withNumbered(account, n, true);
  }
  expect(openBatches(account)).toHaveLength(1200);
  expect(account.batches).toHaveLength(1200 + LISTED_ENDED_BATCHES);
  expect(account.batches.at(0)?.createdAt).toBe(1200 + LISTED_ENDED_BATCHES + 49);
  expect(account.batches.at(-1)?.createdAt).toBe(0);
});

test("an account without a quota holds as many open batches as fit into its stored value", async () => {
  const [template] = withNumbered(newAccount(), 0, false).batches;
  if (!template) throw new Error("The account has no batch.");
  const used = { files: 123_456_789, bytes: 123_456_789_012_345 };
  const batches = Array.from({ length: 5000 + LISTED_ENDED_BATCHES }, (_, n) => {
    const state = n < 5000 ? ("active" as const) : ("cancelled" as const);
    const rest = { used, files: used.files, rev: used.files, createdAt: Date.now() };
    return {
      ...template,
      ...rest,
      state,
      id: String(n).padStart(32, "0"),
      lastCall: "f".repeat(64),
    };
  });
  const pending = Object.fromEntries(
    Array.from({ length: 1000 }, (_, n) => [String(n).padStart(64, "f"), { ...used, at: 0 }]),
  );
  const full = { ...newAccount(), batches: [...batches.slice(0, -1), { ...template, pending }] };
  expect(hasTooManyOpen(full, NO_QUOTA)).toBe(true);
  expect(hasTooManyOpen({ ...full, batches: batches.slice(1) }, NO_QUOTA)).toBe(false);
  const object = env.OWNER.get(env.OWNER.newUniqueId());
  const put = runInDurableObject(object, (_, { storage }) => storage.put("data", full));
  await expect(put).resolves.toBeUndefined();
});
