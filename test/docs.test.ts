import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");

/** In backticks: a file, and behind it what is in there. */
const FILE = /^[\w./-]+\/[\w.-]+$/u;
const NAME = /^[A-Za-z][\w-]*$/u;

interface Reference {
  path: string;
  /** Of functions and the like in it; none is the file itself. */
  names: string[];
}

function referencesIn(cell: string): Reference[] {
  const references: Reference[] = [];
  for (const [, code = ""] of cell.matchAll(/`([^`]+)`/gu)) {
    if (FILE.test(code)) references.push({ path: code, names: [] });
    else if (NAME.test(code)) references.at(-1)?.names.push(code);
  }
  return references;
}

test("the threat model names code and tests that are there", async () => {
  const text = await read("docs/threat-model.md");
  const references = text.split(/[|\n]/u).flatMap(referencesIn);
  expect(references.length).toBeGreaterThan(50);
  const missing: string[] = [];
  for (const { path, names } of references) {
    const source = await read(path).catch(() => null);
    if (source === null) missing.push(path);
    missing.push(
      ...names.filter((name) => !source?.includes(name)).map((name) => `${path} ${name}`),
    );
  }
  expect(missing).toEqual([]);
});
