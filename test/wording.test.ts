import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ROOT } from "./support/process-group.ts";

let folder: string;

/** A repository with one commit. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tallyman-wording-"));
  git("init", "-q", "-b", "main");
  await write("old.ts", "// What was here before is not reported.\nexport {};");
  commit("Add a file");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function git(...args: string[]): void {
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
  const { status, stderr } = spawnSync("git", [...identity, ...args], { cwd: folder });
  if (status !== 0) throw new Error(String(stderr));
}

function commit(subject: string): void {
  git("add", "-A");
  git("commit", "-q", "-m", subject);
}

function write(path: string, ...lines: string[]): Promise<void> {
  return writeFile(join(folder, path), `${lines.join("\n")}\n`);
}

/** Returns the warnings, one string each. */
function warnings(): string[] {
  const script = join(ROOT, ".ci/wording.mjs");
  const run = spawnSync(process.execPath, [script], { cwd: folder, encoding: "utf8" });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  return run.stdout.split("\n").filter((line) => line !== "");
}

test("sentences of comments that open with a relative word are reported", async () => {
  await write(
    "new.ts",
    "// The first sentence is fine.",
    "// It continues here. Of a file that is",
    "// split, the second sentence is not.",
    "const half = 1; // Where there is code before, too",
    "",
    "/**",
    " * Returns a number, as the fifth line says.",
    " *",
    " * @param start where it starts",
    " * @returns `what` is in code",
    " */",
    'const text = "What is in a string";',
  );
  commit("Add comments");
  expect(warnings()).toEqual([
    "new.ts:2: start with the subject: Of a file that is split, the second sentence is not.",
    "new.ts:4: start with the subject: Where there is code before, too",
    "new.ts:9: start with the subject: Where it starts",
  ]);
});

test.each([
  ["style.css", ["/* How wide it is */", "a { b: c } /* Which color */"], [1, 2]],
  ["settings.toml", ["# As many as there are", 'A = "#0" # Who may'], [1, 2]],
  ["page.tsx", ["// Whatever comes", "<p>Who knows</p>;"], [1]],
  ["script.mjs", ["// Whose turn it is"], [1]],
  [
    "page.md",
    ["## How to start", "", "Start. Where possible,", "stop.", "", "- Who", "", "| a | As b |"],
    [3, 6, 8],
  ],
  ["code.md", ["```ts", "What code says", "```", "The end."], []],
  ["data.json", ['"What"'], []],
])("%s is checked by its own syntax", async (path, lines, expected) => {
  await write(path, ...lines);
  commit("Add a file");
  const numbers = warnings().map((warning) => Number(warning.split(":")[1]));
  expect(numbers).toEqual(expected);
});

test("questions are reported, but not question marks in code", async () => {
  await write("new.ts", "// Is it the last one?", "// Requests `?since=0` and waits.");
  commit("Ask");
  expect(warnings()).toEqual(["new.ts:1: no questions: Is it the last one?"]);
});

test("indefinite pronouns are reported anywhere", async () => {
  await write("new.ts", 'test("nobody waits", () => {});', "// A client, or whoever asks.");
  commit("Add a test");
  expect(warnings()).toEqual([
    'new.ts:1: name the person or program: test("nobody waits", () => {});',
    "new.ts:2: name the person or program: // A client, or whoever asks.",
  ]);
});

test("subjects of more than 72 characters are reported", async () => {
  await write("new.ts", "export {};");
  commit("x".repeat(72));
  expect(warnings()).toEqual([]);
  await write("new.ts", "export {}; //");
  commit("x".repeat(73));
  const [warning] = warnings();
  expect(warning).toMatch(/^commit \w+ x+: 73 characters, of at most 72$/u);
});

test("uncommitted lines and files are checked, and only added lines", async () => {
  git("commit", "-q", "--allow-empty", "-m", "Change nothing");
  await write("old.ts", "// What was here before is not reported.", "// Of this line it is.");
  await write("untracked.ts", "// Where it is new");
  expect(warnings()).toEqual([
    "old.ts:2: start with the subject: Of this line it is.",
    "untracked.ts:1: start with the subject: Where it is new",
  ]);
});

test("all commits since the merge base with origin/main are checked", async () => {
  const clone = `${folder}-clone`;
  git("clone", "-q", folder, clone);
  await rm(folder, { recursive: true });
  folder = clone;
  for (const name of ["first", "second"]) {
    await write(`${name}.ts`, `// What the ${name} commit adds`);
    commit(`Add the ${name} file`);
  }
  expect(warnings().map((warning) => warning.split(":")[0])).toEqual(["first.ts", "second.ts"]);
});

test("nothing is reported outside of a repository", async () => {
  await rm(join(folder, ".git"), { recursive: true });
  expect(warnings()).toEqual([]);
});
