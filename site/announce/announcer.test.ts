import { effect, signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer, GAP_MS } from "./announcer.ts";

/** Returns an announcer and the texts that its region shows, one after the other. */
function recorded() {
  const text = signal("");
  const announcer = new Announcer(text);
  const texts: string[] = [];
  effect(() => void (text.value !== "" && texts.push(text.value)));
  return { announcer, text, texts };
}

describe("the announcer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("announces the first text at once, and the next ten seconds later", () => {
    const { announcer, texts } = recorded();
    announcer.announce("one");
    expect(texts).toEqual(["one"]);
    announcer.announce("two");
    vi.advanceTimersByTime(GAP_MS - 1);
    expect(texts).toEqual(["one"]);
    vi.advanceTimersByTime(1);
    expect(texts).toEqual(["one", "two"]);
  });

  test("announces the latest of the most important texts that waited", () => {
    const { announcer, texts } = recorded();
    announcer.announce("one");
    announcer.announce("25 %", "progress");
    announcer.announce("offline");
    announcer.announce("done");
    announcer.announce("50 %", "progress");
    vi.advanceTimersByTime(GAP_MS);
    announcer.announce("failed", "outcome");
    announcer.announce("copied");
    vi.advanceTimersByTime(3 * GAP_MS);
    expect(texts).toEqual(["one", "done", "failed"]);
  });

  test("does not announce a text that is not true any more", () => {
    const { announcer, texts } = recorded();
    announcer.announce("one");
    const withdraw = announcer.announce("paused");
    withdraw();
    vi.advanceTimersByTime(3 * GAP_MS);
    expect(texts).toEqual(["one"]);
  });

  test("announces urgent texts at once, and the next one ten seconds after them", () => {
    const { announcer, texts } = recorded();
    announcer.announce("one");
    announcer.announce("two");
    vi.advanceTimersByTime(GAP_MS / 2);
    announcer.announce("undo", "urgent");
    expect(texts).toEqual(["one", "undo"]);
    vi.advanceTimersByTime(GAP_MS - 1);
    expect(texts).toEqual(["one", "undo"]);
    vi.advanceTimersByTime(1);
    expect(texts).toEqual(["one", "undo", "two"]);
  });

  test("announces the same text again, and leaves no text that was read", () => {
    const { announcer, text, texts } = recorded();
    announcer.announce("added");
    vi.advanceTimersByTime(GAP_MS);
    expect(text.value).toBe("");
    announcer.announce("added");
    expect(texts).toEqual(["added", "added"]);
    announcer.announce("paused")();
    expect(text.value).toBe("added");
  });
});
