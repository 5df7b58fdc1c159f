import { stage } from "../stage.ts";

const RealDate = Date;

/** Replaces every clock and timer by those of the life that is being lived. */
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

/** Without an argument it is now, as the current host's clock has it. */
class SimulatedDate extends RealDate {
  static override readonly now = now;

  constructor(moment?: number | string | Date) {
    super(moment ?? now());
  }
}

/** Whole ms since 1970. */
function now(): number {
  const { scheduler } = stage();
  return Math.floor(scheduler.now + scheduler.current.clockOffset);
}

function timedOut(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}
