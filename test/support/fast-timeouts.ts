import { vi } from "vitest";

/** Shorter timers are left alone: only timeouts are longer, in ms. */
const SHORTEST_TIMEOUT_MS = 10_000;

/** Shortens the timeouts of this process by a factor, until mocks are restored. */
export function speedUpTimeouts(factor: number): void {
  const { setTimeout: realSetTimeout } = globalThis;
  const realTimeout = AbortSignal.timeout.bind(AbortSignal);
  const shorten = (ms = 0) => (ms >= SHORTEST_TIMEOUT_MS ? ms / factor : ms);
  const shortened = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    realSetTimeout(run, shorten(ms), ...args);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(Object.assign(shortened, realSetTimeout));
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => realTimeout(shorten(ms)));
}
