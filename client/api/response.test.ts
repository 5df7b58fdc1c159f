import { expect, test } from "vitest";
import { parseResponse } from "./response.ts";
import { ProblemError } from "../errors.ts";
import { isDeclaredFiles } from "./guards.ts";

function read(status: number, body: string, headers: Record<string, string> = {}): unknown {
  try {
    return parseResponse({ status, body, headers: new Headers(headers) }, isDeclaredFiles);
  } catch (error) {
    return error;
  }
}

test("what was asked for, with whatever a newer server adds", () => {
  const body = '{"firstFile":3,"count":2,"rev":7,"more":true}';
  expect(read(201, body)).toEqual({ firstFile: 3, count: 2, rev: 7, more: true });
});

test("a problem is known by its code, and says whether and when to try again", () => {
  const paused = read(409, '{"code":"batch_paused","detail":"Wait."}');
  expect(paused).toBeInstanceOf(ProblemError);
  expect(paused).toMatchObject({ code: "batch_paused", detail: "Wait.", retryable: true });
  const limited = read(429, '{"code":"rate_limited","detail":""}', { "retry-after": "2" });
  expect(limited).toMatchObject({ code: "rate_limited", retryable: true, retryAfter: 2000 });
  // Its status alone would be worth a try; its code says that only the operator can help.
  const setUp = read(503, '{"code":"not_configured","detail":""}');
  expect(setUp).toMatchObject({ code: "not_configured", retryable: false });
});

test("an answer of somebody in between is known by its status", () => {
  expect(read(502, "<h1>Bad gateway</h1>")).toMatchObject({
    code: "unexpected_answer",
    detail: "The server answered 502.",
    retryable: true,
  });
  expect(read(413, "")).toMatchObject({ code: "unexpected_answer", retryable: false });
  expect(read(400, '{"code":"of a newer server"}')).toMatchObject({ code: "unexpected_answer" });
});

test("a success that is not what was asked for counts as no connection", () => {
  expect(read(200, "<h1>Welcome to our hotel</h1>")).toMatchObject({
    code: "connection_failed",
    retryable: true,
  });
  expect(read(200, '{"firstFile":"3"}')).toMatchObject({ code: "connection_failed" });
});
