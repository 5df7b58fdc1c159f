import { describe, expect } from "vitest";
import { type ClientProblem, Uploader, Watcher } from "../../client/index.ts";
import { TestBatch } from "../support/batch.ts";
import { applyFirst, applyTo } from "../support/middleboxes/apply.ts";
import { errorPage } from "../support/middleboxes/error-page.ts";
import type { Exchange, Middlebox } from "../support/middleboxes/exchange.ts";
import { loginPage, resetAll } from "../support/middleboxes/portal.ts";
import { CALLS } from "./calls.ts";
import { test } from "./network-test.ts";
import { zeros } from "./sources.ts";

const MIDDLEBOXES: Readonly<Record<string, Middlebox>> = {
  "403 in HTML": errorPage(403),
  "404 in HTML": errorPage(404),
  "413 in HTML": errorPage(413),
  "429 in HTML": errorPage(429, { "Retry-After": "1" }),
  "502 in HTML": errorPage(502),
  "a login page": loginPage,
  "a reset": resetAll,
};

/** One case for each of the calls and each kind of response. */
function casesOf(calls: readonly (keyof typeof CALLS)[]) {
  return calls.flatMap((call) =>
    Object.entries(MIDDLEBOXES).map(([response, middlebox]) => ({ call, response, middlebox })),
  );
}

/** Returns a middlebox that responds to the first two calls of one kind, and counts them. */
function twice(call: keyof typeof CALLS, middlebox: Middlebox) {
  const counts = { responses: 0 };
  const counted = (exchange: Exchange) => {
    counts.responses++;
    return middlebox(exchange);
  };
  return { counts, middlebox: applyFirst(2, CALLS[call], counted) };
}

describe("an upload completes despite", () => {
  const cases = casesOf(["creation", "declaration", "seal", "bundle", "socket"]);
  test.for(cases)("$response to its $call", async ({ call, middlebox }, { proxy, upload }) => {
    const foreign = twice(call, middlebox);
    proxy.middlebox = foreign.middlebox;
    const running = upload(zeros(3, 1000, "first "));
    running.uploader.add(zeros(3, 1000, "second "));
    await running.expectAllStored();
    expect(foreign.counts.responses).toBeGreaterThan(0);
    expect(running.outages).toEqual([]);
  });
});

describe("a resumed upload completes despite", () => {
  const cases = casesOf(["page of files", "live token", "file"]);
  test.for(cases)("$response to its $call", async ({ call, middlebox }, { origin, proxy }) => {
    const foreign = twice(call, middlebox);
    proxy.middlebox = foreign.middlebox;
    const { id, created } = await TestBatch.create(origin, [10]);
    const batch = { id, tokens: { write: created.tokens.write } };
    const uploader = new Uploader({ endpoint: proxy.origin, batch });
    const problems: ClientProblem[] = [];
    uploader.on("problem", (problem) => problems.push(problem));
    await uploader.attachContents(new Map([[0, new Blob(["0123456789"])]]));
    await expect.poll(() => uploader.batch?.state).toBe("completed");
    uploader.dispose();
    expect(uploader.ledger.totals.completed).toBe(1);
    expect(problems).toEqual([]);
    expect(foreign.counts.responses).toBeGreaterThan(0);
  });
});

describe("a watcher without sockets and streams goes on despite", () => {
  const isLive = (exchange: Exchange) => CALLS.socket(exchange) || CALLS.stream(exchange);
  test.for(casesOf(["poll"]))("$response to its $call", async (each, { origin, proxy }) => {
    const { call, middlebox } = each;
    const foreign = twice(call, middlebox);
    const { middlebox: polls } = foreign;
    const sockets = applyTo(isLive, errorPage(403));
    proxy.middlebox = (exchange) => (isLive(exchange) ? sockets : polls)(exchange);
    const batch = await TestBatch.create(origin, [1]);
    const token = batch.created.tokens.read;
    const watcher = new Watcher({ endpoint: proxy.origin, batch: batch.id, token });
    await expect.poll(() => foreign.counts.responses).toBe(2);
    await batch.put(0, "x");
    await batch.seal();
    await expect.poll(() => watcher.batch?.state).toBe("completed");
    expect(watcher.ledger.totals).toMatchObject({ completed: 1 });
    watcher.dispose();
  });
});
