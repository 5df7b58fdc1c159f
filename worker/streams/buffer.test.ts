import { expect, test } from "vitest";
import { KIB, MIB } from "../../protocol/index.ts";
import { BodyMemory } from "../http/body-memory.ts";
import { utf8 } from "../testing/multipart.ts";
import { GrowableBuffer } from "./buffer.ts";

const account = new BodyMemory(Infinity).claim(null, () => undefined);

test("take() returns all chunks as one array", () => {
  const buffer = new GrowableBuffer(account);
  for (const text of ["one ", "", "two ", "three"]) buffer.add(utf8(text));
  expect(buffer.length).toBe(13);
  expect(buffer.take().bytes).toEqual(utf8("one two three"));
});

test("take() empties the buffer", () => {
  const buffer = new GrowableBuffer(account);
  buffer.add(utf8("first"));
  buffer.take();
  expect(buffer.length).toBe(0);
  expect(buffer.take().bytes).toEqual(new Uint8Array());
  buffer.add(utf8("second"));
  expect(buffer.take().bytes).toEqual(utf8("second"));
});

test("the buffer copies its chunks", () => {
  const buffer = new GrowableBuffer(account, { expected: 3 });
  const chunk = utf8("one");
  buffer.add(chunk);
  chunk.fill(0);
  expect(buffer.take().bytes).toEqual(utf8("one"));
});

test("the content may be longer or shorter than expected", () => {
  const buffer = new GrowableBuffer(account, { expected: 4 });
  for (const text of ["one ", "two ", "three"]) buffer.add(utf8(text));
  expect(buffer.take().bytes).toEqual(utf8("one two three"));
  const short = new GrowableBuffer(account, { expected: 1000 });
  short.add(utf8("one"));
  expect(short.take().bytes).toEqual(utf8("one"));
});

test("a buffer takes memory as content arrives, and accounts for it until it is released", () => {
  const memory = new BodyMemory(Infinity);
  const buffer = new GrowableBuffer(
    memory.claim(null, () => undefined),
    { expected: 8 * MIB },
  );
  const used = [8 * KIB, 8 * KIB, 1 * MIB, 6 * MIB].map((length) => {
    buffer.add(new Uint8Array(length));
    return memory.used / KIB;
  });
  expect(used).toEqual([64, 64, 1040, 7184]);
  const { release } = buffer.take();
  expect(memory.used / KIB).toBe(7184);
  release();
  buffer.add(new Uint8Array(1));
  buffer.clear();
  expect(memory.used).toBe(0);
});

test("content of unknown length takes at most twice its memory, and no more than the maximum", () => {
  const memory = new BodyMemory(Infinity);
  const claim = memory.claim(null, () => undefined);
  const buffer = new GrowableBuffer(claim, { max: 100 });
  const used = [7, 1, 10, 50, 1].map((length) => {
    buffer.add(new Uint8Array(length));
    return memory.used;
  });
  expect(used).toEqual([7, 14, 28, 68, 100]);
});
