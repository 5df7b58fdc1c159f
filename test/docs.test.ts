import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import * as limits from "../protocol/limits.ts";
import { PROBLEM_ANSWERS } from "../protocol/index.ts";

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

describe("the table of limits", () => {
  interface Limit {
    /** As readers are told them. */
    values: string;
    setBy: string[];
    /** What is answered: codes by their status, as `413 too_large`. */
    answers: string[];
  }

  const HEAD = "| of | at most | set by | beyond it |";

  async function table(): Promise<Limit[]> {
    const [, text = ""] = (await read("docs/protocol.md")).split(HEAD);
    const [, , ...rows] = (text.split("\n\n")[0] ?? "").split("\n");
    return rows.map((row) => {
      const [, values = "", setBy = "", beyond = ""] = row.slice(2, -2).split(" | ");
      const answers = [...beyond.matchAll(/(\d+) `(\w+)`/gu)];
      return {
        values,
        setBy: [...setBy.matchAll(/`([^`]+)`/gu)].map(([, name = ""]) => name),
        answers: answers.map(([, status, code]) => `${status} ${code}`),
      };
    });
  }

  /** What each of the code's and of wrangler.toml's limits is. */
  async function known(): Promise<Map<string, number>> {
    const { LIMITS, ...others } = limits;
    const config = await read("wrangler.toml");
    const variables = config.matchAll(/^([A-Z_]+) = "(\d+)"$/gmu);
    const rates = config.matchAll(/name = "(\w+)"\nnamespace_id.*\nsimple = \{ limit = (\d+),/gu);
    const all = new Map<string, number>(Object.entries(others));
    for (const [name, value] of Object.entries(LIMITS)) all.set(`LIMITS.${name}`, Number(value));
    for (const [, name = "", value] of [...variables, ...rates]) all.set(name, Number(value));
    return all;
  }

  /** As a number of its own, and not as a part of another. */
  function isTold(value: number, text: string): boolean {
    const units = { "": 1, " KiB": 1024, " MiB": 1024 ** 2, " MB": 1e6 };
    return Object.entries(units).some(([unit, size]) => {
      const number = (value / size).toLocaleString("en-US").replaceAll(".", "\\.");
      return new RegExp(`(?<![\\d,.])${number}${unit}(?![\\d.]|,\\d)`, "u").test(text);
    });
  }

  test("has every one, once", async () => {
    const listed = (await table()).flatMap(({ setBy }) => setBy);
    expect(listed.toSorted()).toEqual([...(await known()).keys()].toSorted());
  });

  test("says how much each is", async () => {
    const all = await known();
    for (const { values, setBy } of await table()) {
      // Where an operator sets 0, what the server has room for is the limit.
      const untold = setBy.filter(
        (name) => all.get(name) !== 0 && !isTold(all.get(name) ?? -1, values),
      );
      expect(untold).toEqual([]);
    }
  });

  test("says which problem is answered", async () => {
    const answers = (await table()).flatMap((limit) => limit.answers);
    const problems = Object.entries(PROBLEM_ANSWERS);
    const possible = new Set(problems.map(([code, { status }]) => `${status} ${code}`));
    expect(answers.length).toBeGreaterThan(10);
    expect(answers.filter((answer) => !possible.has(answer))).toEqual([]);
  });
});
