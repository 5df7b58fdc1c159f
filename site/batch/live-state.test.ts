import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveState, secondsStill } from "./live-state.ts";

const NOW = Date.UTC(2026, 10, 30, 12);

type Facts = Parameters<typeof liveState>[0];

/** The facts of a batch that another client sends, with changes. */
function watched(changes: Partial<Facts> = {}): Facts {
  return {
    batch: { state: "active" },
    isOver: false,
    outage: null,
    isRateLimited: false,
    connection: "live",
    wasLive: true,
    stillSeconds: null,
    isFirst: false,
    running: undefined,
    isLimited: false,
    ...changes,
  };
}

function sent(changes: Partial<Facts> = {}): Facts {
  return watched({ running: true, ...changes });
}

function goneFor(seconds: number): Facts["batch"] {
  return { state: "active", uploaderGone: new Date(NOW - seconds * 1000).toISOString() };
}

describe("liveState", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is never live after ten seconds without a byte", () => {
    expect(liveState(watched({ stillSeconds: 10 }))).toBe("quiet");
    expect(liveState(sent({ stillSeconds: 10 }))).toBe("unresponsive");
    expect(liveState(sent({ connection: "polling", stillSeconds: 10 }))).toBe("unresponsive");
    expect(liveState(watched({ connection: "connecting", stillSeconds: 10 }))).toBe("unresponsive");
  });

  it("says at once that the sender has gone", () => {
    const facts = watched({ batch: goneFor(130), isFirst: true });
    expect([liveState(facts), secondsStill(facts)]).toEqual(["gone", 120]);
  });

  it("counts from the last byte if that came after the sender has gone", () => {
    const facts = watched({ batch: goneFor(130), stillSeconds: 30 });
    expect([liveState(facts), secondsStill(facts)]).toEqual(["gone", 30]);
  });

  it("is live while bytes arrive from a sender that isn't connected", () => {
    expect(liveState(watched({ batch: goneFor(130) }))).toBe("live");
  });

  it("ignores a sender that has just gone, as it may reload its page", () => {
    expect(liveState(watched({ batch: goneFor(3), isFirst: true }))).toBe("live");
  });

  it("has a state of its own for a pause, a rate limit, and an outage", () => {
    const outage = { since: NOW, reason: "network", detail: "" } as const;
    expect(liveState(sent({ batch: { state: "paused" }, stillSeconds: 60 }))).toBe("paused");
    expect(liveState(sent({ isRateLimited: true, stillSeconds: 60 }))).toBe("ratelimited");
    expect(liveState(sent({ outage, isRateLimited: true }))).toBe("outage");
    expect(liveState(watched({ connection: "offline", batch: goneFor(60) }))).toBe("offline");
  });

  it("doesn't blame the server for the pauses of a bandwidth limit", () => {
    expect(liveState(sent({ stillSeconds: 30, isLimited: true }))).toBe("limited");
  });

  it("is none once the batch is over, or while the sender has to choose files", () => {
    expect(liveState(watched({ isOver: true, stillSeconds: 60 }))).toBe(null);
    expect(liveState(watched({ running: false, stillSeconds: 60 }))).toBe(null);
  });

  it("tells a first connection from a repeated one", () => {
    expect(liveState(sent({ connection: "connecting", wasLive: false }))).toBe("connecting");
    expect(liveState(sent({ connection: "connecting" }))).toBe("reconnecting");
  });
});
