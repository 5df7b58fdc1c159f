import { expect, test } from "vitest";
import { Semaphore } from "./semaphore.ts";

/** Returns tasks that end when they are resolved or rejected. */
function tasks(count: number) {
  return Array.from({ length: count }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    return { run: () => promise, resolve, reject };
  });
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

test("no more tasks run at a time than allowed, and the next one starts when one ends", async () => {
  const semaphore = new Semaphore({ tasks: 2 });
  const all = tasks(4);
  let started = 0;
  const running = (async () => {
    for (const { run } of all) {
      await semaphore.run(() => (started++, run()));
    }
  })();
  await turns();
  expect(started).toBe(2);
  all[1]?.resolve();
  await turns();
  expect(started).toBe(3);
  for (const { resolve } of all) resolve();
  await running;
  await semaphore.drained();
  expect(started).toBe(4);
});

test("a failed task frees its place, and drained() throws its error", async () => {
  const semaphore = new Semaphore({ tasks: 1 });
  const [first, second] = tasks(2);
  await semaphore.run(() => first?.run() ?? Promise.resolve());
  const next = semaphore.run(() => second?.run() ?? Promise.resolve());
  first?.reject(new Error("first"));
  await next;
  second?.reject(new Error("second"));
  await expect(semaphore.drained()).rejects.toThrow("first");
});

test("drained() resolves without a task", async () => {
  await expect(new Semaphore({ tasks: 1 }).drained()).resolves.toBeUndefined();
});

test("tasks run side by side up to the maximum weight, and a heavier one runs alone", async () => {
  const semaphore = new Semaphore({ tasks: 6, weight: 10 });
  const all = tasks(4);
  const weights = [4, 6, 1, 20];
  let started = 0;
  const running = (async () => {
    for (const [index, { run }] of all.entries()) {
      await semaphore.run(() => (started++, run()), weights[index]);
    }
  })();
  await turns();
  expect(started).toBe(2);
  all[0]?.resolve();
  await turns();
  expect(started).toBe(3);
  all[1]?.resolve();
  await turns();
  expect(started).toBe(3);
  all[2]?.resolve();
  await turns();
  expect(started).toBe(4);
  all[3]?.resolve();
  await running;
  await semaphore.drained();
});

test("capacityFor() waits until running tasks leave capacity for the weight", async () => {
  const semaphore = new Semaphore({ tasks: 6, weight: 10 });
  const [task] = tasks(1);
  await semaphore.run(() => task?.run() ?? Promise.resolve(), 6);
  await semaphore.capacityFor(4);
  let hasCapacity = false;
  const waiting = semaphore.capacityFor(5).then(() => void (hasCapacity = true));
  await turns();
  expect(hasCapacity).toBe(false);
  task?.resolve();
  await waiting;
});
