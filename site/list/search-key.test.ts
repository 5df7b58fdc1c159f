import { expect, it } from "vitest";
import { searchKey } from "./search-key.ts";

it.each([
  ["Größe Zürich.txt", ["Zürich", "zurich", "GRÖSSE", "größe", "grosse"]],
  ["Café.txt", ["Café", "cafe", "CAFÉ"]],
  ["résumé.pdf", ["résumé", "resume", "Résumé"]],
  ["학점인정.md", ["학점"]],
  ["パーティー.txt", ["パーティー", "ﾊﾟｰﾃｨｰ"]],
  ["Łódź æble İstanbul.jpg", ["łódź", "lodz", "AEBLE", "istanbul"]],
  ["ﬁle ①.txt", ["file 1"]],
])("%s is found however it is written and typed", (name, queries) => {
  for (const form of ["NFC", "NFD"] as const) {
    const key = searchKey(name.normalize(form));
    for (const query of queries) {
      expect(key).toContain(searchKey(query.normalize("NFC")));
      expect(key).toContain(searchKey(query.normalize("NFD")));
    }
  }
});

it("keeps the vowels of scripts that write them as marks", () => {
  expect(searchKey("कि")).not.toBe(searchKey("का"));
});
