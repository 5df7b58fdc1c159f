import { expect, test } from "vitest";
import { utf8 } from "../testing/multipart.ts";
import { Collector } from "./collector.ts";

test("chunks become one array, in order", () => {
  const collector = new Collector();
  for (const text of ["one ", "", "two ", "three"]) collector.add(utf8(text));
  expect(collector.length).toBe(13);
  expect(collector.take()).toEqual(utf8("one two three"));
});

test("what was taken is gone", () => {
  const collector = new Collector();
  collector.add(utf8("first"));
  collector.take();
  expect(collector.length).toBe(0);
  expect(collector.take()).toEqual(new Uint8Array());
  collector.add(utf8("second"));
  expect(collector.take()).toEqual(utf8("second"));
});

test("a lone chunk is not copied", () => {
  const collector = new Collector();
  const chunk = utf8("alone");
  collector.add(chunk);
  expect(collector.take()).toBe(chunk);
});
