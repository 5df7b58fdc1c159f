import { fileURLToPath } from "node:url";
import { Features } from "lightningcss";
import { defaultClientConditions, defineConfig } from "vite";
import { sharedHead } from "./shared-head.ts";

/**
 * The first versions that run everything (docs/browsers.md): the newest features without a fallback are
 * `color-mix()` and `Array.prototype.toSorted`. test/features.test.ts holds the built files to it.
 */
export const TARGET = ["chrome111", "edge111", "firefox115", "safari16.4", "ios16.4"];

/**
 * The minifier replaces what TARGET lacks, except for this. Its replacement of `light-dark()` needs a
 * `color-scheme` in the same style sheet, which elements get from the app's page: tokens.css has light
 * colours in its place. That of `:dir()` is a list of languages: `[dir="rtl"]` takes its place.
 */
export const CSS = { lightningcss: { exclude: Features.LightDark | Features.DirSelector } };

/**
 * Entries import client/index.ts, which exports everything: without this, they contain what no code uses, and
 * what only a script that is loaded on demand uses (0.6 KB of the page's 46).
 */
export const TREESHAKE = {
  moduleSideEffects: (id: string): boolean => !/\/(?:client|protocol)\//u.test(id),
};

/** On a busy machine, times are long for no fault of the build's. */
export const CHECKS = { bundlerTimings: false };

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** The server that `npm start` runs. `npm run dev:page` sends the page's requests and WebSockets there. */
const SERVER = `http://127.0.0.1:${process.env["PORT"] ?? "8787"}`;

// Preact's JSX needs no plugin: the compiler takes it from tsconfig.json.
export default defineConfig({
  resolve: { conditions: ["page", ...defaultClientConditions] },
  css: CSS,
  plugins: [sharedHead()],
  // The only format that can import a script on demand.
  worker: { format: "es", rolldownOptions: { checks: CHECKS } },
  build: {
    target: TARGET,
    // Only Safari 16 lacks `modulepreload`. It loads the same scripts a little later.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [pathOf("index.html"), pathOf("404.html")],
      treeshake: TREESHAKE,
      checks: CHECKS,
    },
  },
  server: { proxy: { "/v1": { target: SERVER, ws: true } } },
});
