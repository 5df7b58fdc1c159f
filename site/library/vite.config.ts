import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { CSS, TARGET } from "../vite.config.ts";
import { scopedStyles } from "./scoped-styles.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Builds the package: with `--mode browser` the client and the components for browsers, with
 * `--mode node` the client for Node. The `exports` of package/package.json name the files.
 */
export default defineConfig(({ mode }) => ({
  plugins: [limitStyles()],
  publicDir: false,
  // Otherwise a build with another NODE_ENV than production uses Preact's development runtime.
  oxc: { jsx: { development: false } },
  resolve: { conditions: [mode === "node" ? "node" : "browser"] },
  css: CSS,
  build: {
    target: TARGET,
    outDir: pathOf(`../../package/lib/${mode}`),
    emptyOutDir: true,
    minify: false,
    lib: {
      formats: ["es"],
      entry: {
        client: pathOf("../../client/index.ts"),
        ...(mode === "browser"
          ? { components: pathOf("bundle.ts") }
          : { "open-file": pathOf("../../client/node/open-file.ts") }),
      },
      cssFileName: "components",
    },
    rolldownOptions: { external: [/^preact/u, /^@preact\//u, /^node:/u] },
  },
}));

/** Runs after Vite has inlined the sheet's imports. */
function limitStyles(): Plugin {
  return {
    name: "limit-styles",
    transform: (code, id) => (id.endsWith(".css") ? scopedStyles(code) : null),
  };
}
