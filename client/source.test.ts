import * as fc from "fast-check";
import * as v from "valibot";
import { expect, test } from "vitest";
import { FileDeclaration } from "../protocol/schemas.ts";
import { declarationOf } from "./source.ts";

const blob = new Blob(["abc"]);
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(".", "..", "/", "\\", "\u0007", "\uD800", "a"),
  ),
});

test("the protocol accepts the declaration of a file with any name, path, type and time", () => {
  const source = fc.record(
    { name: text, path: text, type: text, lastModified: fc.double(), blob: fc.constant(blob) },
    { requiredKeys: ["name", "blob"] },
  );
  fc.assert(
    fc.property(source, (candidate) => {
      const checked = v.safeParse(FileDeclaration, declarationOf(candidate));
      expect(checked.issues).toBeUndefined();
    }),
  );
});

test("an ordinary name is unchanged", () => {
  const source = {
    name: "日記 (1).jpg",
    path: "2026/日記 (1).jpg",
    type: "image/jpeg",
    lastModified: 5,
    blob,
  };
  expect(declarationOf(source)).toEqual({
    name: "日記 (1).jpg",
    path: "2026/日記 (1).jpg",
    type: "image/jpeg",
    lastModified: 5,
    size: 3,
  });
});

test("long names are cut, and types lose their parameters", () => {
  const declared = declarationOf({
    name: "n".repeat(5000),
    type: "text/plain;charset=utf-8",
    blob,
  });
  expect(declared.name).toHaveLength(1024);
  expect(declared.type).toBe("text/plain");
});

test("an empty name and dot segments are replaced", () => {
  expect(declarationOf({ name: "", path: "../../etc/.", blob })).toMatchObject({
    name: "unnamed",
    path: "_/_/etc/_",
  });
});
