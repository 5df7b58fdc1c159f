import { expect, test } from "vitest";
import { attachment } from "./attachment.ts";

test.each([
  ["a.txt", `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
  ["two words.txt", `attachment; filename="two words.txt"; filename*=UTF-8''two%20words.txt`],
  ["naïve.txt", `attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt`],
  ["日本.png", `attachment; filename="__.png"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png`],
  [
    'a"; filename="b.exe',
    `attachment; filename="a_; filename=_b.exe"; filename*=UTF-8''a%22%3B%20filename%3D%22b.exe`,
  ],
  ["back\\slash", `attachment; filename="back_slash"; filename*=UTF-8''back%5Cslash`],
  ["100%41.txt", `attachment; filename="100_41.txt"; filename*=UTF-8''100%2541.txt`],
  [
    "it's (1)*.txt",
    `attachment; filename="it's (1)*.txt"; filename*=UTF-8''it%27s%20%281%29%2A.txt`,
  ],
])("the header for the name %j has an ASCII and a UTF-8 form", (name, header) => {
  expect(attachment(name)).toBe(header);
});

test.each(["🎉.gif", "\u202egnp.exe", "مرحبا", "line\r\nSet-Cookie: a=b"])(
  "the header for %j is valid and contains the name",
  (name) => {
    const header = new Headers({ "Content-Disposition": attachment(name) });
    const encoded = /filename\*=UTF-8''(.*)$/u.exec(header.get("Content-Disposition") ?? "")?.[1];
    expect(decodeURIComponent(encoded ?? "")).toBe(name);
  },
);
