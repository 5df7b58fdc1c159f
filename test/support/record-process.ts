// Imported by every Node process that a test starts: appends the process's arguments to a file.
import { appendFileSync } from "node:fs";
import { basename } from "node:path";
import { isMainThread } from "node:worker_threads";

const file = process.env["RECORD_PROCESSES"];
const [, program = "", ...args] = process.argv;
if (file && isMainThread) appendFileSync(file, `${[basename(program), ...args].join(" ")}\n`);
