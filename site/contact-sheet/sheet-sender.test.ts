import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SheetAnswer } from "./sheet-requests.ts";
import { SheetSender } from "./sheet-sender.ts";

const IMAGE = new Blob(["sheet"], { type: "image/webp" });

function answer(status: number, retryAfterMs: number | null = null): SheetAnswer {
  return { status, etag: status === 204 ? "v1" : null, retryAfterMs, image: null };
}

interface StartOptions {
  /** Answers in their order, the last one again and again. Null: the request fails. */
  answers?: (SheetAnswer | null)[];
  isComplete?: boolean;
  isOpen?: boolean;
  isIdle?: boolean;
  /** Results of drawing in their order, the last one again and again. */
  images?: (Blob | null)[];
}

function start(options: StartOptions = {}) {
  const { answers = [answer(204)], isComplete = true, images = [IMAGE] } = options;
  const state = { isComplete, isOpen: options.isOpen ?? true, isUnlisted: true };
  const puts: { sheet: number; at: number }[] = [];
  const merged: number[] = [];
  const sender = new SheetSender({
    draw: async () => {
      const image = (images.length > 1 ? images.shift() : images[0]) ?? null;
      return image && { image, etag: null };
    },
    put: async (sheet) => {
      puts.push({ sheet, at: performance.now() });
      return answers[Math.min(puts.length, answers.length) - 1] ?? null;
    },
    merge: async (sheet) => void merged.push(sheet),
    isUnlisted: () => state.isUnlisted,
    isComplete: () => state.isComplete,
    isOpen: () => state.isOpen,
    isIdle: () => options.isIdle ?? false,
  });
  return { sender, state, puts, merged };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("SheetSender", () => {
  it("sends a sheet once all of its pictures are drawn", async () => {
    const { sender, state, puts } = start({ isComplete: false });
    for (let tile = 0; tile < 256; tile++) {
      sender.onChanged(0);
      await pass(100);
    }
    expect(puts).toEqual([]);
    state.isComplete = true;
    await pass(60_000);
    expect(puts.map(({ sheet }) => sheet)).toEqual([0]);
  });

  it("sends one sheet a second beside the files, and the rest at once after the last file", async () => {
    const during = start();
    const after = start({ isIdle: true });
    for (const { sender } of [during, after])
      for (const sheet of [0, 1, 2]) sender.onChanged(sheet);
    await pass(1500);
    expect(during.puts.map(({ sheet }) => sheet)).toEqual([0]);
    expect(after.puts.map(({ sheet }) => sheet)).toEqual([0, 1, 2]);
    await pass(2000);
    expect(during.puts.map(({ sheet }) => sheet)).toEqual([0, 1, 2]);
  });

  it("sends an incomplete sheet some seconds after its last change", async () => {
    const { sender, puts } = start({ isComplete: false });
    sender.onChanged(3);
    await pass(5000);
    expect(puts).toEqual([]);
    await pass(10_000);
    expect(puts.map(({ sheet }) => sheet)).toEqual([3]);
  });

  it("waits for the batch", async () => {
    const { sender, state, puts } = start({ isOpen: false });
    sender.onChanged(0);
    await pass(60_000);
    expect(puts).toEqual([]);
    state.isOpen = true;
    await pass(2000);
    expect(puts).toHaveLength(1);
  });

  it("sends two versions of a sheet more than two seconds apart", async () => {
    const { sender, puts } = start();
    sender.onChanged(0);
    await pass(1000);
    sender.onChanged(0);
    await pass(60_000);
    const [first, second, ...others] = puts;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(2000);
    expect(others).toEqual([]);
  });

  it("draws the stored sheet first if another device has stored one", async () => {
    const { sender, puts, merged } = start({ answers: [answer(412), answer(204)] });
    sender.onChanged(1);
    await pass(60_000);
    expect(merged).toEqual([1]);
    expect(puts).toHaveLength(2);
  });

  it.each([
    ["a request without an answer", null, 2500],
    ["a full server", answer(503), 2500],
    ["a rate limit", answer(429, 10_000), 10_000],
    ["a slow line", answer(408), 2500],
    ["a block of the operator's", answer(403), 2500],
  ])("tries again after %s", async (_, failure, waitMs) => {
    const { sender, puts } = start({ answers: [failure, answer(204)] });
    sender.onChanged(0);
    await pass(60_000);
    expect(puts).toHaveLength(2);
    expect((puts[1]?.at ?? 0) - (puts[0]?.at ?? 0)).toBeGreaterThanOrEqual(waitMs);
  });

  it.each([404, 409, 413, 415])("sends no other version of a sheet after %d", async (status) => {
    const { sender, puts } = start({ answers: [answer(status)] });
    sender.onChanged(0);
    await pass(60_000);
    sender.onChanged(1);
    await pass(60_000);
    expect(puts.map(({ sheet }) => sheet)).toEqual([0, 1]);
  });

  it.each([401, 410])("sends nothing more after %d", async (status) => {
    const { sender, puts } = start({ answers: [answer(status)] });
    sender.onChanged(0);
    await pass(60_000);
    sender.onChanged(1);
    await pass(60_000);
    expect(puts).toHaveLength(1);
  });

  it("sends ever more rarely over a version that can't be drawn", async () => {
    const { sender, puts } = start({ answers: [answer(412)] });
    sender.onChanged(0);
    await pass(60_000);
    expect(puts.length).toBeLessThan(7);
  });

  it("sends a sheet that can't be encoded once it can, and others before that", async () => {
    const { sender, puts } = start({ images: [null, IMAGE] });
    sender.onChanged(0);
    await pass(2000);
    sender.onChanged(1);
    await pass(60_000);
    expect(puts.map(({ sheet }) => sheet)).toEqual([1, 0]);
  });
});

describe("a sheet that the batch doesn't list", () => {
  it("is sent again", async () => {
    const { sender, puts } = start();
    sender.onUnlisted(2);
    await pass(60_000);
    expect(puts.map(({ sheet }) => sheet)).toEqual([2]);
  });

  it("is not sent if it is listed a little later", async () => {
    const { sender, state, puts } = start();
    sender.onUnlisted(2);
    state.isUnlisted = false;
    await pass(60_000);
    expect(puts).toEqual([]);
  });

  it("is sent in any case if a picture was drawn meanwhile", async () => {
    const { sender, state, puts } = start();
    sender.onUnlisted(2);
    sender.onChanged(2);
    state.isUnlisted = false;
    await pass(60_000);
    expect(puts).toHaveLength(1);
  });

  it("is sent a few times a minute by a server that never lists it", async () => {
    const { sender, puts } = start();
    for (let second = 0; second < 600; second++) {
      sender.onUnlisted(0);
      await pass(1000);
    }
    expect(puts.length).toBeLessThan(35);
    expect(puts.length).toBeGreaterThan(20);
  });

  it("stays away after a refusal", async () => {
    const { sender, puts } = start({ answers: [answer(401)] });
    sender.onUnlisted(0);
    await pass(60_000);
    sender.onUnlisted(0);
    await pass(60_000);
    expect(puts).toHaveLength(1);
  });
});
