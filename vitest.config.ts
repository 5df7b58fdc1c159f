import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { isStrict } from "./test/support/strict.ts";

/** The first seed of the fuzz tests and the seconds for each. Without FUZZ_SEED, inputs repeat. */
const fuzz = {
  seed: Number(process.env["FUZZ_SEED"] ?? 1),
  seconds: Number(process.env["FUZZ_SECONDS"] ?? 2),
};

/** Subrequests that wrangler.toml allows. */
const [, allowed = ""] =
  /^subrequests = ([\d_]+)$/mu.exec(readFileSync("wrangler.toml", "utf8")) ?? [];
const subrequests = Number(allowed.replaceAll("_", ""));

/** Most tests wait for something, so two files run at a time even on a single core. */
const parallel = { maxWorkers: 2 };

/**
 * Limits in ms that end a test which hangs. They never end a test because the machine is busy: tests
 * wait for events and measure no time, and a busy machine takes ten times as long as a quiet one.
 */
const limits = {
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 120_000 } },
};

/**
 * Tests of code with timers that needs no workerd. There, all files share one clock, and requests that
 * another test has left behind may move it.
 */
const timed = ["worker/http/body-memory.test.ts", "worker/upload/events.test.ts"];

/** In workerd, with the bindings of wrangler.toml and with settings that need no .dev.vars. */
const worker = {
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          TALLYMAN_SECRET: "signs-only-the-tokens-of-these-tests",
          GRANT_SECRET: "signs-only-the-grants-of-these-tests",
          OPERATOR_SECRET: "signs-only-the-operator-tokens-of-these-tests",
          RECEIPT_KEYS: "signs-only-the-receipts-of-the-worker-tests",
          LOG: "errors",
          ACCESS: "open",
          ALLOWED_ORIGINS: "*",
          // Tests of the shared quota set it. The others declare files of the largest size.
          ANONYMOUS_FILES_PER_DAY: "0",
          ANONYMOUS_BYTES_PER_DAY: "0",
        },
      },
    }),
  ],
  test: {
    ...parallel,
    ...limits,
    name: "worker",
    include: [process.env["VITEST_INCLUDE"] ?? "{storage,worker,durable-objects}/**/*.test.ts"],
    exclude: timed,
    globalSetup: "test/support/webhook-receiver-setup.ts",
    setupFiles: isStrict ? ["storage/testing/strict-setup.ts"] : [],
    // All files share one workerd. Each test has its own batches.
    isolate: false,
    // itty-durable is CommonJS, which workerd cannot load.
    deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable"] } } },
    provide: { fuzz, isStrict, subrequests },
  },
};

/** Code that needs neither a page nor workerd, in Node. Its tests keep a core busy for a third of their time. */
const unit = {
  test: {
    ...limits,
    maxWorkers: 4,
    // A project with another number of workers needs a group of its own.
    sequence: { groupOrder: 1 },
    name: "unit",
    include: ["{client,protocol,site}/**/*.test.{ts,tsx}", ...timed],
  },
};

/** Against servers and processes that the tests start. */
const outside = {
  test: {
    ...parallel,
    ...limits,
    name: "outside",
    include: ["test/*.test.ts"],
  },
};

// Chromium asks for confirmation when a folder below /dev is dropped on a page, and ignores the keyboard.
const temporary = tmpdir().startsWith("/dev/") ? { env: { TMPDIR: "/tmp" } } : {};

/** In a real browser, which each file starts for itself. */
const browser = {
  test: {
    ...parallel,
    ...limits,
    ...temporary,
    name: "browser",
    include: ["test/browser/*.test.ts"],
  },
};

export default defineConfig({ test: { projects: [worker, unit, outside, browser] } });
