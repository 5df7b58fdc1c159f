import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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
  },
};

/** What a browser runs, but for the page itself: in Node. */
const unit = {
  test: {
    name: "unit",
    include: ["{client,protocol,site}/**/*.test.{ts,tsx}"],
  },
};

/** Against servers, processes and browsers that the tests start: one file at a time. */
const outside = {
  test: {
    name: "outside",
    include: ["test/**/*.test.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
};

export default defineConfig({ test: { projects: [worker, unit, outside] } });
