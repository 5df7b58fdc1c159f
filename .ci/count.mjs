// node .ci/count.mjs STATUS REPORT STATUS REPORT … STATUS: prints the tests that failed and the closing
// line for all tests and checks. Each STATUS is the exit code of a command, each REPORT its report from
// Vitest as JSON. The last command has no report and counts as one test.
import { readFileSync } from "node:fs";

const args = process.argv.slice(2);
const runs = Array.from({ length: Math.ceil(args.length / 2) }, (_, run) => args.slice(2 * run));
/** Start of each failure's message that is repeated at the end of the output, in characters. */
const MESSAGE_LENGTH = 1500;

const counts = runs.map(([status, report]) => countRun(status === "0", report));
const all = { passed: sum("passed"), failed: sum("failed") };
for (const failure of counts.flatMap(({ failures }) => failures)) console.log(failure);
console.log(`\n${all.passed} passed, ${all.failed} failed`);
process.exitCode = all.failed === 0 ? 0 : 1;

/** @param {"passed" | "failed"} key */
function sum(key) {
  return counts.reduce((total, count) => total + count[key], 0);
}

/**
 * @typedef {{
 *   passed: number;
 *   failed: number;
 *   failures: string[];
 * }} Count of one run. `failures` are its failed tests as text.
 */

/**
 * A run that failed without a failed test counts as one: a file that doesn't load, or a crash before
 * the report.
 * @param {boolean} succeeded
 * @param {string} [report]
 * @returns {Count}
 */
function countRun(succeeded, report) {
  if (report === undefined)
    return { passed: Number(succeeded), failed: Number(!succeeded), failures: [] };
  const { passed, failed, failures } = readReport(report);
  return { passed, failed: succeeded ? failed : Math.max(failed, 1), failures };
}

/**
 * @param {string} path
 * @returns {Count}
 */
function readReport(path) {
  try {
    /** @type {unknown} */
    const report = JSON.parse(readFileSync(path, "utf8"));
    return {
      passed: numberIn(report, "numPassedTests"),
      failed: numberIn(report, "numFailedTests"),
      failures: listIn(report, "testResults").flatMap(failuresOf),
    };
  } catch {
    return { passed: 0, failed: 1, failures: [`\nThe report ${path} is missing or incomplete.`] };
  }
}

/**
 * The failures of one file. One that doesn't load has a message and no tests.
 * @param {unknown} file
 * @returns {string[]}
 */
function failuresOf(file) {
  const tests = listIn(file, "assertionResults").filter(
    (test) => textIn(test, "status") === "failed",
  );
  const name = textIn(file, "name");
  if (tests.length === 0)
    return textIn(file, "status") === "failed" ? [failureText(name, textIn(file, "message"))] : [];
  return tests.map((test) =>
    failureText(`${name}: ${textIn(test, "fullName")}`, listIn(test, "failureMessages").join("\n")),
  );
}

/**
 * @param {string} title
 * @param {string} message
 */
function failureText(title, message) {
  return `\nFailed: ${title}\n${message.slice(0, MESSAGE_LENGTH)}`;
}

/**
 * @param {unknown} report
 * @param {string} key
 */
function numberIn(report, key) {
  const value = Number(valueIn(report, key));
  if (Number.isNaN(value)) throw new Error(`The report has no ${key}.`);
  return value;
}

/**
 * @param {unknown} report
 * @param {string} key
 * @returns {unknown[]}
 */
function listIn(report, key) {
  const value = valueIn(report, key);
  if (!Array.isArray(value)) throw new Error(`The report has no list ${key}.`);
  return value;
}

/**
 * @param {unknown} report
 * @param {string} key
 */
function textIn(report, key) {
  const value = valueIn(report, key);
  return typeof value === "string" ? value : "";
}

/**
 * @param {unknown} report
 * @param {string} key
 * @returns {unknown}
 */
function valueIn(report, key) {
  return report instanceof Object ? Reflect.get(report, key) : undefined;
}
