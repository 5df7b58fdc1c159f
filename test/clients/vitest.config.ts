import { defineConfig } from "vitest/config";

/**
 * Other people's clients, networks and browsers, and every state of the page, against a server that the
 * tests start: npm run test:outside. They take minutes.
 */
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/{browsers,clients,networks,states}/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
