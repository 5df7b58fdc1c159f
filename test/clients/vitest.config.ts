import { defineConfig } from "vitest/config";

/**
 * Other people's clients and networks against a server that the tests start: npm run test:outside. They
 * take minutes, and find what a change of the API or of the client's sending breaks.
 */
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/{browsers,clients,networks}/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
