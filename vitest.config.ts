import { tmpdir } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Of the fuzzers: what they begin with, and how long each tries. The same inputs each time unless told. */
const fuzz = {
  seed: Number(process.env["FUZZ_SEED"] ?? 1),
  seconds: Number(process.env["FUZZ_SECONDS"] ?? 2),
};

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
    name: "worker",
    include: ["{worker,durable-objects}/**/*.test.ts"],
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
    name: "unit",
    include: ["{client,protocol,site}/**/*.test.{ts,tsx}"],
  },
};

// When a folder of /dev is dropped on a page, Chromium has a dialog for that and takes no more keys.
const folder = tmpdir().startsWith("/dev/") ? { env: { TMPDIR: "/tmp" } } : {};

/** Against servers, processes and browsers that the tests start: one file at a time. */
const outside = {
  test: {
    name: "outside",
    include: ["test/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // A condition is waited for as long as it takes a busy machine.
    expect: { poll: { timeout: 30_000 } },
    ...folder,
  },
};

export default defineConfig({ test: { projects: [worker, unit, outside] } });
