// Warns about wording in the lines that a change adds, uncommitted ones included: since the merge base
// with origin/main or, if there is no such branch, since the commit before the last. It never fails.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hasProse, sentencesIn } from "./prose.mjs";

const OPENING = /^["(]?(?:What|Of|Where|Who|As|How|Which)(?:ever|se|m)?\b/u;
const PRONOUN = /\b(?:whoever|nobody|somebody)\b/iu;
const LONGEST_SUBJECT = 72;

/** Files that quote the words. */
const LEFT_OUT = new Set([".ci/wording.mjs", "test/wording.test.ts"]);

const base = git("merge-base", "HEAD", "origin/main") || git("rev-parse", "--verify", "HEAD~1");
if (base !== "") {
  const warnings = [...addedLines(base)].flatMap(([path, added]) => warningsIn(path, added));
  for (const warning of [...warnings, ...longSubjects(base)]) console.log(warning);
}

/**
 * @param {string[]} args
 * @returns {string} what Git prints; empty if it fails
 */
function git(...args) {
  const all = ["-c", "core.quotePath=false", ...args];
  const { status, stdout } = spawnSync("git", all, { encoding: "utf8", maxBuffer: 2 ** 28 });
  return status === 0 ? stdout.trim() : "";
}

/**
 * @param {string} since
 * @returns {Map<string, Set<number>>} numbers of the added lines by file
 */
function addedLines(since) {
  /** @type {Map<string, Set<number>>} */
  const added = new Map();
  let path = "";
  for (const line of git("diff", "--unified=0", "--no-ext-diff", since).split("\n")) {
    path = /^\+\+\+ (?:b\/)?(.*)$/u.exec(line)?.[1] ?? path;
    const [, start, count = "1"] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/u.exec(line) ?? [];
    const numbers = Array.from({ length: start ? Number(count) : 0 }, (_, n) => Number(start) + n);
    added.set(path, new Set([...(added.get(path) ?? []), ...numbers]));
  }
  for (const file of git("ls-files", "--others", "--exclude-standard").split("\n")) {
    if (hasProse(file)) added.set(file, new Set(linesOf(file).map(({ line }) => line)));
  }
  return added;
}

/** @param {string} path */
function linesOf(path) {
  const texts = readFileSync(path, "utf8").split("\n");
  return texts.map((text, index) => ({ line: index + 1, text }));
}

/**
 * @param {string} path
 * @param {ReadonlySet<number>} added
 */
function warningsIn(path, added) {
  if (added.size === 0 || !hasProse(path) || LEFT_OUT.has(path)) return [];
  const lines = linesOf(path);
  const pronouns = lines.filter(({ line, text }) => added.has(line) && PRONOUN.test(text));
  const changed = sentencesIn(path, lines).filter((found) => found.lines.some((n) => added.has(n)));
  const warnings = [
    ...pronouns.map(({ line, text }) => ({ line, text, rule: "name the person or program" })),
    ...changed.map(({ lines: [line = 0], text }) => ({ line, text, rule: ruleAgainst(text) })),
  ];
  return warnings
    .filter(({ rule }) => rule !== null)
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, text, rule }) => `${path}:${line}: ${rule}: ${text.trim().slice(0, 80)}`);
}

/** @param {string} sentence */
function ruleAgainst(sentence) {
  if (sentence.endsWith("?")) return "no questions";
  return OPENING.test(sentence) ? "start with the subject" : null;
}

/** @param {string} since */
function longSubjects(since) {
  const commits = git("log", "--format=%h %s", `${since}..HEAD`).split("\n");
  const lengths = commits.map((commit) => commit.slice(commit.indexOf(" ") + 1).length);
  return commits
    .map((commit, n) => `commit ${commit}: ${lengths[n]} characters, of at most ${LONGEST_SUBJECT}`)
    .filter((_, n) => Number(lengths[n]) > LONGEST_SUBJECT);
}
