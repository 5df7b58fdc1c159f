// Finds the sentences in the comments of code and in Markdown.
import { extname } from "node:path";

/** @typedef {{ line: number; text: string }} Line a line of a file, numbered from 1 */
/** @typedef {{ lines: number[]; text: string }} Sentence with the numbers of the lines that it is on */

/** Comments alone on a line and behind code, by file extension. */
const SCRIPT = {
  alone: /^\s*(?:\/\*\*?|\*(?!\/)|\/\/)\s?(.*?)(?:\s*\*\/)?$/u,
  behind: /\s\/\/ (.*)$/u,
};
const STYLE = {
  alone: /^\s*(?:\/\*|\*(?!\/))\s?(.*?)(?:\s*\*\/)?$/u,
  behind: /\s\/\* (.*?)\s*\*\/$/u,
};
const CONFIG = { alone: /^\s*#\s?(.*)$/u, behind: /\s# (.*)$/u };
/** Everything but headings, which may be phrases. */
const DOC = { alone: /^(?!#)\s*(.*)$/u, behind: /(?!)/u };

/** @type {Record<string, { alone: RegExp; behind: RegExp } | undefined>} */
const PROSE = {
  ".ts": SCRIPT,
  ".tsx": SCRIPT,
  ".mjs": SCRIPT,
  ".css": STYLE,
  ".toml": CONFIG,
  ".md": DOC,
};

/** A list item, or a tag of a doc comment. */
const START = /^(?:@|[-*] |\d+\. )/u;
/** A list's mark, or a tag with its type and name. */
const MARK = /^(?:[-*]|\d+\.|@param(?: \{.*?\})? \S+|@\w+(?: \{.*?\})?)\s+/u;

/** @param {string} path */
export function hasProse(path) {
  return PROSE[extname(path)] !== undefined;
}

/**
 * @param {string} path
 * @param {readonly Line[]} lines all lines of the file
 * @returns {Sentence[]}
 */
export function sentencesIn(path, lines) {
  const { alone, behind } = PROSE[extname(path)] ?? DOC;
  /** @type {Line[][]} */
  const paragraphs = [[]];
  for (const { line, text } of withoutCodeBlocks(lines, alone)) {
    const isAlone = alone.test(text);
    const [, prose = ""] = (isAlone ? alone : behind).exec(text) ?? [];
    if (!isAlone) paragraphs.push([]);
    addProse(paragraphs, { line, text: prose });
    if (!isAlone) paragraphs.push([]);
  }
  return paragraphs.flatMap(splitParagraph);
}

/**
 * @param {readonly Line[]} lines
 * @param {RegExp} alone
 */
function withoutCodeBlocks(lines, alone) {
  let isCode = false;
  return lines.map(({ line, text }) => {
    const isFence = alone.exec(text)?.[1]?.startsWith("```") === true;
    if (isFence) isCode = !isCode;
    return { line, text: isCode || isFence ? "" : text };
  });
}

/**
 * @param {Line[][]} paragraphs
 * @param {Line} prose
 */
function addProse(paragraphs, { line, text }) {
  // Each cell of a table is a paragraph.
  if (text.startsWith("|")) {
    paragraphs.push(...text.split("|").map((cell) => [{ line, text: cell.trim() }]), []);
    return;
  }
  if (text === "" || START.test(text)) paragraphs.push([]);
  paragraphs.at(-1)?.push({ line, text });
}

/**
 * @param {readonly Line[]} paragraph
 * @returns {Sentence[]}
 */
function splitParagraph(paragraph) {
  const whole = paragraph.map(({ text }) => plain(text)).join("\n");
  return [...whole.matchAll(/\S[^]*?(?:[.!?](?=\s)|$)/gu)].map(({ index, 0: text }) => {
    const first = whole.slice(0, index).split("\n").length - 1;
    const lines = paragraph.slice(first, first + text.split("\n").length).map(({ line }) => line);
    return { lines, text: text.replaceAll("\n", " ") };
  });
}

/**
 * Replaces code and removes marks. The text after a tag is a sentence of its own.
 * @param {string} text
 */
function plain(text) {
  const rest = text.replaceAll(/`[^`]*`/gu, "code").replace(MARK, "");
  return text.startsWith("@") ? rest.charAt(0).toUpperCase() + rest.slice(1) : rest;
}
