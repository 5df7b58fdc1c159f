import { defineConfig } from "vitest/config";

/** Other people's clients, as they are, against a server that the tests start: npm run test:outside. */
export default defineConfig({
  test: {
    name: "clients",
    include: ["test/clients/*.test.ts"],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
