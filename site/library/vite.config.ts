import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { TARGET } from "../vite.config.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Builds the package: with `--mode browser` the client and the components for browsers, with
 * `--mode node` the client for Node. The `exports` of package/package.json name the files.
 */
export default defineConfig(({ mode }) => ({
  plugins: [scopedStyles()],
  publicDir: false,
  // Otherwise a build with another NODE_ENV than production uses Preact's development runtime.
  oxc: { jsx: { development: false } },
  resolve: { conditions: [mode === "node" ? "node" : "browser"] },
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

/**
 * Limits the elements' style sheet to the inside of `Frame`. Components in an app's own document have
 * no shadow tree, so the sheet would otherwise style the whole page.
 *
 * Runs after Vite has inlined the sheet's imports, which have to stay outside of `@scope`.
 */
function scopedStyles(): Plugin {
  return {
    name: "scoped-styles",
    transform: (code, id) => (id.endsWith(".css") ? scoped(code) : null),
  };
}

function scoped(css: string): string {
  const own = css.replaceAll(/:host\(([^)]*)\)/gu, ":scope$1").replaceAll(":host", ":scope");
  return `@scope (.tallyman) {\n${own}\n}`;
}
