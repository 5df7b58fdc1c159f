import { defaultClientConditions, defineConfig } from "vite";

/** The first versions with `light-dark()`, the newest feature that the style sheets use. */
export const TARGET = ["chrome123", "firefox121", "safari17.5"];

/** The server that `npm start` runs. `npm run dev:page` sends the page's requests and WebSockets there. */
const SERVER = `http://127.0.0.1:${process.env["PORT"] ?? "8787"}`;

// Preact's JSX needs no plugin: the compiler takes it from tsconfig.json.
export default defineConfig({
  resolve: { conditions: ["page", ...defaultClientConditions] },
  build: {
    target: TARGET,
    rolldownOptions: {
      // The entry imports client/index.ts, which exports everything: without this, the page's first
      // script contains what only a script that it loads on demand uses (0.6 KB of 46).
      treeshake: { moduleSideEffects: (id) => !/\/(?:client|protocol)\//u.test(id) },
    },
  },
  server: { proxy: { "/v1": { target: SERVER, ws: true } } },
});
