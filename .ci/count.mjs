// node .ci/count.mjs STATUS REPORT STATUS REPORT … STATUS: prints the closing line for all tests and
// checks. Each STATUS is the exit code of a command, each REPORT its report from Vitest as JSON. The
// last command has no report and counts as one test.
import { readFileSync } from "node:fs";

const args = process.argv.slice(2);
const runs = Array.from({ length: Math.ceil(args.length / 2) }, (_, run) => args.slice(2 * run));
const counts = runs.map(([status, report]) => countRun(status === "0", report));
const all = { passed: sum("passed"), failed: sum("failed") };
console.log(`\n${all.passed} passed, ${all.failed} failed`);
process.exitCode = all.failed === 0 ? 0 : 1;

/** @param {"passed" | "failed"} key */
function sum(key) {
  return counts.reduce((total, count) => total + count[key], 0);
}

/**
 * A run that failed without a failed test counts as one: a file that doesn't load, or a crash before
 * the report.
 * @param {boolean} succeeded
 * @param {string} [report]
 */
function countRun(succeeded, report) {
  if (report === undefined) return { passed: Number(succeeded), failed: Number(!succeeded) };
  const { passed, failed } = readReport(report);
  return { passed, failed: succeeded ? failed : Math.max(failed, 1) };
}

/** @param {string} path */
function readReport(path) {
  try {
    /** @type {unknown} */
    const report = JSON.parse(readFileSync(path, "utf8"));
    return {
      passed: numberIn(report, "numPassedTests"),
      failed: numberIn(report, "numFailedTests"),
    };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/**
 * @param {unknown} report
 * @param {string} key
 */
function numberIn(report, key) {
  const value = report instanceof Object ? Number(Reflect.get(report, key)) : Number.NaN;
  if (Number.isNaN(value)) throw new Error(`The report has no ${key}.`);
  return value;
}
