import { expect, test } from "vitest";
import { Semaphore } from "./semaphore.ts";

/** Tasks that end when they are told to. */
function tasks(count: number) {
  return Array.from({ length: count }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    return { run: () => promise, resolve, reject };
  });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("no more tasks run at a time than there are slots, and each that ends makes room", async () => {
  const slots = new Semaphore(2);
  const all = tasks(4);
  let begun = 0;
  const running = (async () => {
    for (const { run } of all) {
      await slots.run(() => (begun++, run()));
    }
  })();
  await turns();
  expect(begun).toBe(2);
  all[1]?.resolve();
  await turns();
  expect(begun).toBe(3);
  for (const { resolve } of all) resolve();
  await running;
  await slots.drained();
  expect(begun).toBe(4);
});

test("a task that fails makes room too, and its error is told at the end", async () => {
  const slots = new Semaphore(1);
  const [first, second] = tasks(2);
  await slots.run(() => first?.run() ?? Promise.resolve());
  const next = slots.run(() => second?.run() ?? Promise.resolve());
  first?.reject(new Error("first"));
  await next;
  second?.reject(new Error("second"));
  await expect(slots.drained()).rejects.toThrow("first");
});

test("drained without a task is drained", async () => {
  await expect(new Semaphore(1).drained()).resolves.toBeUndefined();
});
