// node .ci/count.mjs REPORT TESTS CHECKS: Vitest's JSON report, and how `npm test` and `npm run check` exited.
import { readFileSync } from "node:fs";

const [file = "", tests, checks] = process.argv.slice(2);
const counts = [countTests(file, tests === "0"), countOne(checks === "0")];
const all = { passed: sum("passed"), failed: sum("failed") };
console.log(`\n${all.passed} passed, ${all.failed} failed`);
process.exitCode = all.failed === 0 ? 0 : 1;

/** @param {"passed" | "failed"} key */
function sum(key) {
  return counts.reduce((total, count) => total + count[key], 0);
}

/**
 * What failed without failing a test (a file that does not load, a crash before the report) is one failed.
 * @param {string} path
 * @param {boolean} succeeded
 */
function countTests(path, succeeded) {
  const { passed, failed } = readReport(path);
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

/** @param {boolean} succeeded */
function countOne(succeeded) {
  return { passed: Number(succeeded), failed: Number(!succeeded) };
}
