import { expect, test } from "vitest";
import { acceptsName, acceptsType } from "./accepted-files.ts";

test.each([
  ["image/png", true],
  ["IMAGE/PNG; charset=x", true],
  ["application/pdf", true],
  ["application/pdfa", false],
  ["imagex/png", false],
  ["image", false],
  ["", false],
])("image/* and application/pdf accept %j: %s", (type, isAccepted) => {
  expect(acceptsType(["image/*", "application/pdf"], type)).toBe(isAccepted);
  for (const all of [null, undefined]) expect(acceptsType(all, type)).toBe(true);
});

test.each([
  ["a.jpg", undefined, true],
  ["A.JPG", undefined, true],
  ["backup.tar.gz", undefined, true],
  ["a.gz", undefined, false],
  ["jpg", undefined, false],
  ["a.jpg", "in/a.jpg", true],
  ["a.jpg", "in/a.exe", false],
  ["a.exe", "in/a.jpg", false],
])("jpg and tar.gz accept %s at %s: %s", (name, path, isAccepted) => {
  const file = { name, ...(path !== undefined && { path }) };
  expect(acceptsName(["jpg", "tar.gz"], file)).toBe(isAccepted);
  for (const all of [null, undefined]) expect(acceptsName(all, file)).toBe(true);
});
