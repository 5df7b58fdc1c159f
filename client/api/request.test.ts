import { expect, test } from "vitest";
import { ProblemError } from "../errors.ts";
import { isDeclaredFiles } from "./guards.ts";
import { ScriptedServer } from "../testing/scripted-server.ts";
import { isRetryableStatus, parseResponse, parseRetryAfter, sendRequest } from "./request.ts";

/** Reads a response of Tallyman's. */
function read(status: number, body: string, headers: Record<string, string> = {}): unknown {
  return readAny(status, body, { "tallyman-version": "1.0.0", ...headers });
}

function readAny(status: number, body: string, headers: Record<string, string>): unknown {
  try {
    return parseResponse({ status, body, headers: new Headers(headers) }, isDeclaredFiles);
  } catch (error) {
    return error;
  }
}

test("parseResponse returns an expected body, including fields of a newer server", () => {
  const body = '{"firstFile":3,"count":2,"rev":7,"more":true}';
  expect(read(201, body)).toEqual({ firstFile: 3, count: 2, rev: 7, more: true });
});

test("a problem's code decides whether it's retryable, and Retry-After when", () => {
  const paused = read(409, '{"code":"batch_paused","detail":"Wait."}');
  expect(paused).toBeInstanceOf(ProblemError);
  expect(paused).toMatchObject({ code: "batch_paused", detail: "Wait.", retryable: true });
  const limited = read(429, '{"code":"rate_limited","detail":""}', { "retry-after": "2" });
  expect(limited).toMatchObject({ code: "rate_limited", retryable: true, retryAfter: 2000 });
  // The status alone would be retryable, but the code says that only the operator can help.
  const setUp = read(503, '{"code":"not_configured","detail":""}');
  expect(setUp).toMatchObject({ code: "not_configured", retryable: false });
});

test("a date in Retry-After counts by the server's clock, and not by this device's", () => {
  const headers = {
    "retry-after": "Fri, 20 Nov 2020 10:00:07 GMT",
    date: "Fri, 20 Nov 2020 10:00:00 GMT",
  };
  const busy = read(503, '{"code":"busy","detail":""}', headers);
  expect(busy).toMatchObject({ code: "busy", retryAfter: expect.closeTo(7000, -3) });
});

test("the status decides whether a response with an unknown code is retryable", () => {
  expect(read(502, '{"code":"of a newer server"}')).toMatchObject({
    code: "unexpected_answer",
    detail: "The server responded 502.",
    status: 502,
    retryable: true,
  });
  expect(read(413, "")).toMatchObject({ code: "unexpected_answer", retryable: false });
  expect(read(400, '{"code":"of a newer server"}')).toMatchObject({ code: "unexpected_answer" });
});

test("a success that isn't understood is worth another try", () => {
  const cut = { code: "unexpected_answer", retryable: true };
  expect([read(200, '{"firstFile":"3"}'), read(200, '{"firstFi')]).toMatchObject([cut, cut]);
});

test.each([200, 201, 302, 403, 413, 429, 500, 502, 503])(
  "a response with the status %i that isn't Tallyman's is foreign, whatever it says",
  (status) => {
    const foreign = { code: "foreign_response", status, retryable: true, isChallenge: false };
    expect(readAny(status, "<h1>Log in to this network</h1>", {})).toMatchObject(foreign);
    const fake = '{"code":"forbidden","detail":"","firstFile":3,"count":2,"rev":7}';
    expect(readAny(status, fake, { "retry-after": "600" })).toMatchObject({
      ...foreign,
      retryAfter: null,
    });
    const challenge = readAny(status, "Just a moment…", { "cf-mitigated": "challenge" });
    expect(challenge).toMatchObject({ ...foreign, isChallenge: true });
  },
);

test("only a rejection of fetch() is a failed connection; other errors surface", async () => {
  const server = await ScriptedServer.start(() => "cut");
  const { signal } = new AbortController();
  const send = (url: URL, token: string) =>
    sendRequest({ method: "GET", url, token }, isDeclaredFiles, signal);
  const url = new URL(server.origin);
  await expect(send(url, "token")).rejects.toMatchObject({ code: "connection_failed" });
  await expect(send(url, "two\nlines")).rejects.toThrow(TypeError);
  server.stop();
  await expect(send(url, "token")).rejects.toMatchObject({ code: "connection_failed" });
});

test("isRetryableStatus accepts timeouts, rate limits and server errors", () => {
  const statuses = [200, 304, 400, 401, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504];
  expect(statuses.filter(isRetryableStatus)).toEqual([408, 425, 429, 500, 502, 503, 504]);
});

test("parseRetryAfter reads seconds and dates, and returns null for anything else", () => {
  const now = Date.parse("2026-11-20T10:00:00Z");
  expect(parseRetryAfter("3", now)).toBe(3000);
  expect(parseRetryAfter("Fri, 20 Nov 2026 10:00:07 GMT", now)).toBe(7000);
  expect(parseRetryAfter("Fri, 20 Nov 2026 09:00:00 GMT", now)).toBe(0);
  expect([parseRetryAfter(null), parseRetryAfter(""), parseRetryAfter("soon")]).toEqual([
    null,
    null,
    null,
  ]);
});
