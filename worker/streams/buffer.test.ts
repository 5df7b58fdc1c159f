import { expect, test } from "vitest";
import { utf8 } from "../testing/multipart.ts";
import { GrowableBuffer } from "./buffer.ts";

test("chunks become one array, in order", () => {
  const collector = new GrowableBuffer();
  for (const text of ["one ", "", "two ", "three"]) collector.add(utf8(text));
  expect(collector.length).toBe(13);
  expect(collector.take()).toEqual(utf8("one two three"));
});

test("what was taken is gone", () => {
  const collector = new GrowableBuffer();
  collector.add(utf8("first"));
  collector.take();
  expect(collector.length).toBe(0);
  expect(collector.take()).toEqual(new Uint8Array());
  collector.add(utf8("second"));
  expect(collector.take()).toEqual(utf8("second"));
});

test("what was gathered does not change with the memory that it came from", () => {
  const collector = new GrowableBuffer(3);
  const chunk = utf8("one");
  collector.add(chunk);
  chunk.fill(0);
  expect(collector.take()).toEqual(utf8("one"));
});

test("more may come than was expected, and less", () => {
  const collector = new GrowableBuffer(4);
  for (const text of ["one ", "two ", "three"]) collector.add(utf8(text));
  expect(collector.take()).toEqual(utf8("one two three"));
  const short = new GrowableBuffer(1000);
  short.add(utf8("one"));
  expect(short.take()).toEqual(utf8("one"));
});
