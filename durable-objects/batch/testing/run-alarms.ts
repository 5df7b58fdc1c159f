import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { MINUTE_MS } from "../../../protocol/index.ts";
import { vi } from "vitest";

/** More alarms are a loop without an end. */
const MAX_ALARMS = 2000;

/**
 * Runs all alarms that are due within a time. The clock is fake.
 *
 * @returns the minutes at which they ran
 */
export async function runAlarms(stub: DurableObjectStub, ms: number): Promise<number[]> {
  const start = Date.now();
  const minutes: number[] = [];
  while (minutes.length < MAX_ALARMS) {
    const time = await alarmTime(stub);
    if (time === null || time > start + ms) break;
    vi.setSystemTime(Math.max(time, Date.now()));
    minutes.push(Math.round((Date.now() - start) / MINUTE_MS));
    await runDurableObjectAlarm(stub);
  }
  vi.setSystemTime(start + ms);
  return minutes;
}

/** Returns the time of an object's alarm; null if none is set. */
export function alarmTime(stub: DurableObjectStub): Promise<number | null> {
  return runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
}
