import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { connectionFailed } from "../errors.ts";
import { FakeDevice } from "../testing/fake-device.ts";
import { ScriptedServer, type ScriptedResponse } from "../testing/scripted-server.ts";
import { type Outage, Reachability } from "./reachability.ts";

const PROBLEM = connectionFailed();
const CHALLENGE = {
  status: 403,
  headers: { "cf-mitigated": "challenge" },
  isForeign: true,
} as const;

let server: ScriptedServer;
let disposal: AbortController;
/** Reasons of outages, and null at the end of each. */
let changes: (Outage["reason"] | null)[];
let reachability: Reachability;

beforeEach(async () => {
  // No jitter: a second between two checks.
  vi.spyOn(Math, "random").mockReturnValue(0);
  [disposal, changes] = [new AbortController(), []];
  server = await ScriptedServer.start(() => "cut");
  reachability = new Reachability({
    endpoint: server.origin,
    signal: disposal.signal,
    onChange: (outage) => changes.push(outage?.reason ?? null),
  });
});
afterEach(() => {
  disposal.abort();
  server.stop();
  vi.restoreAllMocks();
});

function reachable(): Promise<void> {
  return reachability.whenReachable(disposal.signal);
}

test("a server that responds can be reached, even with an error", async () => {
  expect(await reachability.check(PROBLEM)).toBe(true);
  server.health = { status: 503, body: { code: "not_configured", detail: "" } };
  expect(await reachability.check(PROBLEM)).toBe(true);
  await reachable();
  expect([reachability.outage, changes]).toEqual([null, []]);
});

test.each<[reason: Outage["reason"], ScriptedResponse]>([
  ["network", "cut"],
  ["foreign", { status: 200, isForeign: true }],
  ["foreign", { status: 502, isForeign: true }],
  ["challenge", CHALLENGE],
])("an outage with the reason %s ends by itself: %o", async (reason, health) => {
  server.health = health;
  const before = Date.now();
  expect(await reachability.check(PROBLEM)).toBe(false);
  expect(reachability.outage?.reason).toBe(reason);
  expect(reachability.outage?.since).toBeGreaterThanOrEqual(before);
  expect(await reachability.check(PROBLEM)).toBe(false);
  server.health = {};
  await reachable();
  expect(reachability.outage).toBeNull();
  expect(await reachability.check(PROBLEM)).toBe(true);
  expect(changes).toEqual([reason, null]);
});

test("an outage keeps its start when its reason changes", async () => {
  server.health = "cut";
  await reachability.check(PROBLEM);
  const since = reachability.outage?.since;
  server.health = CHALLENGE;
  await expect.poll(() => reachability.outage).toMatchObject({ since, reason: "challenge" });
  expect(changes).toEqual(["network", "challenge"]);
});

test("requests that fail together share one check", async () => {
  const fetching = vi.spyOn(globalThis, "fetch");
  const checks = Array.from({ length: 5 }, () => reachability.check(PROBLEM));
  expect(await Promise.all(checks)).toEqual([true, true, true, true, true]);
  expect(fetching).toHaveBeenCalledTimes(1);
});

test("the device's network ends the pause between two checks, and a check that hangs", async () => {
  const device = new FakeDevice();
  try {
    vi.spyOn(Math, "random").mockReturnValue(1e6);
    server.health = "cut";
    await reachability.check(PROBLEM);
    server.health = {};
    device.setNetwork("online");
    await reachable();

    server.health = "silent";
    const check = reachability.check(PROBLEM);
    await expect.poll(() => server.pending).toBe(1);
    server.health = {};
    device.setNetwork("online");
    expect(await check).toBe(true);
  } finally {
    device.remove();
  }
});

test("an aborted wait rejects, and the end of the view ends all checks", async () => {
  server.health = "cut";
  await reachability.check(PROBLEM);
  const waiting = new AbortController();
  const wait = reachability.whenReachable(waiting.signal);
  waiting.abort(new Error("enough"));
  await expect(wait).rejects.toThrow("enough");
  const fetching = vi.spyOn(globalThis, "fetch");
  disposal.abort();
  await new Promise((resolve) => void setTimeout(resolve, 1200));
  expect(fetching).not.toHaveBeenCalled();
  expect(changes).toEqual(["network"]);
});
