import { afterEach, describe, expect, test, vi } from "vitest";
import { anySignal } from "./any-signal.ts";

class OlderAbortSignal extends EventTarget {}

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ["with AbortSignal.any", AbortSignal],
  ["without AbortSignal.any", OlderAbortSignal],
])("%s", (_, constructor) => {
  test("a signal aborts with the first of several, and with its reason", () => {
    vi.stubGlobal("AbortSignal", constructor);
    const [a, b] = [new AbortController(), new AbortController()];
    const signal = anySignal([a.signal, b.signal]);
    expect(signal.aborted).toBe(false);
    b.abort("b");
    expect([signal.aborted, signal.reason]).toEqual([true, "b"]);
    a.abort("a");
    expect(signal.reason).toBe("b");
  });

  test("a signal is aborted if one of them has been", () => {
    vi.stubGlobal("AbortSignal", constructor);
    const signal = anySignal([new AbortController().signal, abortedSignal("before")]);
    expect([signal.aborted, signal.reason]).toEqual([true, "before"]);
  });
});

function abortedSignal(reason: string): AbortSignal {
  const controller = new AbortController();
  controller.abort(reason);
  return controller.signal;
}
