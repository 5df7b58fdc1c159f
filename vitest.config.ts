import { tmpdir } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Of the fuzzers: what they begin with, and how long each tries. The same inputs each time unless told. */
const fuzz = {
  seed: Number(process.env["FUZZ_SEED"] ?? 1),
  seconds: Number(process.env["FUZZ_SECONDS"] ?? 2),
};

/** Two files at a time, on the smallest machine, too: most tests wait for something. */
const together = { maxWorkers: 2 };

/** In workerd, with the bindings of wrangler.toml and a secret that needs no .dev.vars. */
const worker = {
  plugins: [
    cloudflareTest({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: { TALLYMAN_SECRET: "signs-only-the-tokens-of-these-tests", LOG: "errors" },
      },
    }),
  ],
  test: {
    ...together,
    name: "worker",
    include: ["{storage,worker,durable-objects}/**/*.test.ts"],
    // One workerd for all files: each test has batches of its own.
    isolate: false,
    // CommonJS, which workerd does not load by itself.
    deps: { optimizer: { ssr: { enabled: true, include: ["itty-durable"] } } },
    testTimeout: 20_000,
    provide: { fuzz },
  },
};

/** What a browser runs, but for the page itself: in Node. */
const unit = {
  test: {
    ...together,
    name: "unit",
    include: ["{client,protocol,site}/**/*.test.{ts,tsx}"],
    testTimeout: 20_000,
    expect: { poll: { timeout: 10_000 } },
  },
};

/** How long a busy machine takes. */
const patience = {
  testTimeout: 120_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 30_000 } },
};

/** Against servers and processes that the tests start. */
const outside = {
  test: {
    ...together,
    name: "outside",
    include: ["test/*.test.ts"],
    ...patience,
  },
};

// When a folder of /dev is dropped on a page, Chromium has a dialog for that and takes no more keys.
const folder = tmpdir().startsWith("/dev/") ? { env: { TMPDIR: "/tmp" } } : {};

/** In a real browser: one file at a time, and last of all. */
const browser = {
  test: {
    name: "browser",
    include: ["test/browser/*.test.ts"],
    fileParallelism: false,
    ...patience,
    ...folder,
  },
};

export default defineConfig({ test: { projects: [worker, unit, outside, browser] } });
