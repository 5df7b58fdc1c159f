import { expect, test, vi } from "vitest";
import { isKeepAlive, KeepAlives } from "./keep-alive.ts";

const bytes = (...values: number[]): ArrayBuffer => Uint8Array.from(values).buffer;
const utf8 = (text: string) => bytes(...new TextEncoder().encode(text));

test.each([
  "",
  "\n",
  "PING",
  "pong",
  '{"type":"ping"}',
  '{"event": "PING", "id": 7}',
  "heartbeat",
  '[null,"1","phoenix","heartbeat",{}]',
  "keepalive",
  "keep-alive",
  bytes(),
  bytes(9),
  utf8("ping"),
  utf8('{"type":"ping"}'),
])("%j keeps a connection open", (message) => {
  expect(isKeepAlive(message)).toBe(true);
});

test.each([
  "garbage",
  "{}",
  "shopping",
  `ping${" ".repeat(125)}`,
  bytes(1, 2),
  utf8("x".repeat(129)),
])("%j is another message", (message) => {
  expect(isKeepAlive(message)).toBe(false);
});

test("a socket sends at most ten in ten seconds", () => {
  const keepAlives = new KeepAlives();
  const { 0: socket, 1: other } = new WebSocketPair();
  const now = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(now);
  for (let count = 1; count <= 10; count++) expect(keepAlives.accepts(socket, "ping")).toBe(true);
  expect(keepAlives.accepts(socket, "ping")).toBe(false);
  expect(keepAlives.accepts(other, "ping")).toBe(true);
  clock.mockReturnValue(now + 10_000);
  expect(keepAlives.accepts(socket, "ping")).toBe(true);
  clock.mockRestore();
});
