import { afterAll, beforeAll, describe, vi } from "vitest";
import { speedUpTimeouts } from "../support/fast-timeouts.ts";
import { drip } from "../support/middleboxes/drip.ts";
import { challenge, errorPage } from "../support/middleboxes/error-page.ts";
import type { Middlebox } from "../support/middleboxes/exchange.ts";
import { Line } from "../support/middleboxes/line.ts";
import { loginPage, loginRedirect, resetAll } from "../support/middleboxes/portal.ts";
import { RestartableWorker } from "../crash/restartable-worker.ts";
import { freePort } from "../../client/testing/free-port.ts";
import { CALLS } from "./calls.ts";
import { ObservedUpload } from "./observed-upload.ts";
import { test } from "./network-test.ts";
import { zeros } from "./sources.ts";

beforeAll(() => speedUpTimeouts(SPEED_UP));
afterAll(() => vi.restoreAllMocks());

/** Time for which an outage is not announced. */
const ANNOUNCED_AFTER_MS = 5000;
/** Checks of the server's health that a middlebox responds to before it goes away. */
const CHECKS = 8;
const SPEED_UP = 10;
const BYTES_PER_SECOND = 1_500_000;

/** Returns the middlebox, which calls `onCheck` for every check of the server's health. */
function watched(middlebox: Middlebox, onCheck: () => void): Middlebox {
  return (exchange) => {
    if (CALLS.health(exchange)) onCheck();
    return middlebox(exchange);
  };
}

const RETRY_AFTER = { "Retry-After": "1" };

describe.concurrent("during an upload of 600 files", () => {
  test.for([
    { name: "a challenge", middlebox: challenge, reason: "challenge" },
    { name: "403 in HTML", middlebox: errorPage(403), reason: "foreign" },
    { name: "413 in HTML", middlebox: errorPage(413), reason: "foreign" },
    { name: "502 in HTML", middlebox: errorPage(502), reason: "foreign" },
    { name: "503 with Retry-After", middlebox: errorPage(503, RETRY_AFTER), reason: "foreign" },
    { name: "429 without Retry-After", middlebox: errorPage(429), reason: "foreign" },
    { name: "429 with Retry-After", middlebox: errorPage(429, RETRY_AFTER), reason: "foreign" },
    { name: "a login page", middlebox: loginPage, reason: "foreign" },
    { name: "a redirect", middlebox: loginRedirect, reason: "foreign" },
    { name: "resets", middlebox: resetAll, reason: "network" },
  ] as const)("$name fails no file", async ({ middlebox, reason }, { expect, proxy, upload }) => {
    const line = drip(new Line(BYTES_PER_SECOND));
    proxy.middlebox = line;
    const running = upload(zeros(600, 8000));
    await running.stored(50);
    let checks = 0;
    const start = Date.now();
    proxy.middlebox = watched(middlebox, () => {
      if (++checks === CHECKS) proxy.middlebox = line;
    });
    proxy.cutConnections();
    await running.expectAllStored();
    expect(running.outages).toMatchObject([{ reason }, null]);
    expect(running.outages[0]?.since).toBeGreaterThanOrEqual(start);
  });
});

test("a server that starts after its client gets all files", async ({
  state,
  expect,
  onTestFinished,
}) => {
  const port = await freePort();
  const worker = await RestartableWorker.build(state, port);
  const start = Date.now();
  const endpoint = `http://127.0.0.1:${port}`;
  const running = new ObservedUpload(endpoint, { endpoint });
  onTestFinished(() => running.uploader.dispose());
  running.uploader.add(zeros(20, 1000));
  await expect.poll(() => running.outages).toMatchObject([{ reason: "network" }]);
  expect(Date.now() - start).toBeGreaterThanOrEqual(ANNOUNCED_AFTER_MS);
  const server = await worker.start();
  onTestFinished(() => server.end("SIGTERM"));
  await running.expectAllStored();
  expect(running.outages.at(-1)).toBeNull();
});
