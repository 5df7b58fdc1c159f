import { expect, test } from "vitest";
import { utf8 } from "../testing/multipart.ts";
import { GrowableBuffer } from "./buffer.ts";

test("take() returns all chunks as one array", () => {
  const buffer = new GrowableBuffer();
  for (const text of ["one ", "", "two ", "three"]) buffer.add(utf8(text));
  expect(buffer.length).toBe(13);
  expect(buffer.take()).toEqual(utf8("one two three"));
});

test("take() empties the buffer", () => {
  const buffer = new GrowableBuffer();
  buffer.add(utf8("first"));
  buffer.take();
  expect(buffer.length).toBe(0);
  expect(buffer.take()).toEqual(new Uint8Array());
  buffer.add(utf8("second"));
  expect(buffer.take()).toEqual(utf8("second"));
});

test("the buffer copies its chunks", () => {
  const buffer = new GrowableBuffer(3);
  const chunk = utf8("one");
  buffer.add(chunk);
  chunk.fill(0);
  expect(buffer.take()).toEqual(utf8("one"));
});

test("the content may be longer or shorter than expected", () => {
  const buffer = new GrowableBuffer(4);
  for (const text of ["one ", "two ", "three"]) buffer.add(utf8(text));
  expect(buffer.take()).toEqual(utf8("one two three"));
  const short = new GrowableBuffer(1000);
  short.add(utf8("one"));
  expect(short.take()).toEqual(utf8("one"));
});
