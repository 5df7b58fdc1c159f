import { vi } from "vitest";

/** What a client waits for at least so long, in ms, it takes for lost. */
const PATIENT_MS = 10_000;

/** Has whatever waits that long, in this process, wait so many times less, until mocks are restored. */
export function speedUpTimers(times: number): void {
  const { setTimeout: wait } = globalThis;
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const shorter = (ms = 0) => (ms >= PATIENT_MS ? ms / times : ms);
  const hasty = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
    wait(run, shorter(ms), ...args);
  vi.spyOn(globalThis, "setTimeout").mockImplementation(Object.assign(hasty, wait));
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(shorter(ms)));
}
