import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type StoredSheet, StoredSheets } from "./stored-sheets.ts";

/** A server that answers requests for sheets in order, the last answer again and again. */
function serve(answers: readonly (() => Response)[]): string[] {
  const urls: string[] = [];
  vi.stubGlobal("location", { origin: "https://tallyman.example" });
  vi.stubGlobal("fetch", async (url: URL) => {
    const answer = answers[Math.min(urls.length, answers.length - 1)];
    urls.push(`${url.pathname.slice("/v1/batches/".length)}${url.search}`);
    return answer?.() ?? Response.error();
  });
  return urls;
}

const headers = { "tallyman-version": "1" };
const version = (etag: string) => () =>
  new Response("image", { headers: { ...headers, etag: `"${etag}"` } });
const problem = (status: number) => () => new Response("{}", { status, headers });
const foreign = () => new Response("<html>", { status: 200 });

function start(answers: readonly (() => Response)[]) {
  const urls = serve(answers);
  const loaded: StoredSheet[] = [];
  const stopping = new AbortController();
  const stored = new StoredSheets({
    access: () => ({ batch: "b", token: "t" }),
    onSheet: async (sheet) => void loaded.push(sheet),
    signal: stopping.signal,
  });
  return { stored, urls, loaded, stopping };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("StoredSheets", () => {
  it("loads each version once, by a URL of its own", async () => {
    const { stored, urls, loaded } = start(["a", "b", "c"].map(version));
    stored.load({ 0: "a", 1: "b" });
    stored.load({ 0: "a", 1: "b" });
    await pass(1000);
    stored.load({ 0: "a", 1: "c" });
    await pass(1000);
    expect(urls).toEqual(["b/sheets/0?v=a", "b/sheets/1?v=b", "b/sheets/1?v=c"]);
    expect(loaded.map(({ sheet, etag }) => [sheet, etag])).toEqual([
      [0, "a"],
      [1, "b"],
      [1, "c"],
    ]);
  });

  it("awaits the versions that the batch names until they have come", async () => {
    const { stored } = start([version("a")]);
    stored.load({ 0: "a" });
    expect([stored.isAwaited(0), stored.isAwaited(1)]).toEqual([true, false]);
    await pass(1000);
    expect(stored.isAwaited(0)).toBe(false);
    stored.load({ 0: "b" });
    expect(stored.isAwaited(0)).toBe(true);
  });

  it("doesn't load what was stored from here", async () => {
    const { stored, urls } = start([version("a")]);
    stored.setKnown(0, "a");
    stored.load({ 0: "a" });
    await pass(1000);
    expect(urls).toEqual([]);
  });

  it.each([
    ["a rate limit", problem(429)],
    ["an error", problem(500)],
    ["a slow line", problem(408)],
    ["a block of the operator's", problem(403)],
    ["a response of another system", foreign],
  ])("tries again after %s", async (_, failure) => {
    const { stored, loaded } = start([failure, version("a")]);
    stored.load({ 0: "a" });
    await pass(10_000);
    expect(loaded).toHaveLength(1);
  });

  it("waits for another version of a sheet that is gone", async () => {
    const { stored, urls, loaded } = start([problem(404), version("b")]);
    stored.load({ 0: "a" });
    await pass(60_000);
    expect([urls.length, loaded.length]).toEqual([1, 0]);
    stored.load({ 0: "b" });
    await pass(1000);
    expect(loaded).toHaveLength(1);
  });

  it("takes the version that is here, if the batch names an earlier one", async () => {
    const { stored, urls, loaded } = start([version("b")]);
    stored.load({ 0: "a" });
    await pass(60_000);
    expect([stored.etagOf(0), stored.isAwaited(0)]).toEqual(["b", false]);
    stored.load({ 0: "b" });
    await pass(60_000);
    expect([urls.length, loaded.map(({ etag }) => etag)]).toEqual([1, ["b"]]);
  });

  it("doesn't load the version that was replaced from here, while the batch still names it", async () => {
    const { stored, urls } = start([version("b")]);
    stored.setKnown(0, "a");
    stored.setKnown(0, "b");
    stored.load({ 0: "a" });
    await pass(1000);
    expect([urls, stored.etagOf(0)]).toEqual([[], "b"]);
  });

  it("knows which of the stored sheets the batch doesn't name", () => {
    const { stored } = start([version("a")]);
    for (const sheet of [0, 1]) stored.setKnown(sheet, "a");
    stored.load({ 1: "a" });
    expect(stored.unnamed).toEqual([0]);
    stored.forget(0);
    expect(stored.unnamed).toEqual([]);
  });

  it("stops with its signal", async () => {
    const { stored, urls, stopping } = start([problem(500)]);
    stored.load({ 0: "a" });
    await pass(1000);
    stopping.abort();
    await pass(60_000);
    expect(urls).toHaveLength(1);
  });
});
