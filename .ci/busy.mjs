// Runs tests while busy loops compete for the processors, as on a slow or loaded machine: those of
// busy-tests.json, or the test files and Vitest options that follow. BUSY_LOOPS sets the number of
// loops. `npm run test:busy -- .` runs all tests.
import { spawn } from "node:child_process";
import { Worker } from "node:worker_threads";
import tests from "./busy-tests.json" with { type: "json" };

const loops = Number(process.env["BUSY_LOOPS"] ?? 2);
const args = process.argv.slice(2);
const files = args.some((arg) => !arg.startsWith("-")) ? [] : Object.keys(tests);

// Threads: they end with this process, however it ends.
Array.from({ length: loops }, () => new Worker("for (;;);", { eval: true }));
const vitest = spawn("vitest", ["run", ...files, ...args], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => vitest.kill());
vitest.on("exit", (code) => process.exit(code ?? 1));
