import { stage } from "../stage.ts";

const RealDate = Date;

/** Replaces all clocks and timers by those of the current simulation. */
export function installClock(): void {
  performance.now = now;
  Object.assign(globalThis, {
    Date: SimulatedDate,
    setTimeout: (run: () => void, ms = 0) => stage().timers.setTimeout(run, ms),
    setInterval: (run: () => void, ms = 0) => stage().timers.setInterval(run, ms),
    clearTimeout: (timer: unknown) => stage().timers.clear(timer),
    clearInterval: (timer: unknown) => stage().timers.clear(timer),
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    stage().timers.setTimeout(() => controller.abort(timedOut()), ms);
    return controller.signal;
  };
}

/** Without an argument, a date is the time of the current host's clock. */
class SimulatedDate extends RealDate {
  static override readonly now = now;

  constructor(moment?: number | string | Date) {
    super(moment ?? now());
  }
}

/** Returns the time of the current host's clock, in whole ms since 1970. */
function now(): number {
  const { scheduler } = stage();
  return Math.floor(scheduler.now + scheduler.current.clockOffset);
}

function timedOut(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}
