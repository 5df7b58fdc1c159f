// node .ci/count.mjs REPORT TESTS CHECKS: Vitest's JSON report, and how `npm test` and `npm run check` exited.
import { readFileSync } from "node:fs";

const [file = "", tests, checks] = process.argv.slice(2);
const counts = [countTests(file, tests === "0"), one(checks === "0")];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

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
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(path, "utf8"));
    return { passed: Number(numPassedTests), failed: Number(numFailedTests) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** @param {boolean} succeeded */
function one(succeeded) {
  return { passed: Number(succeeded), failed: Number(!succeeded) };
}
