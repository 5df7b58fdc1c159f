import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { CHECKS, CSS, TARGET, TREESHAKE } from "../vite.config.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * `/embed.js` and the chunks that it loads, beside the built page. With `--mode client`: `/client.js`,
 * the headless client as one file.
 */
export default defineConfig(({ mode }) => ({
  plugins: [chunkUrls()],
  publicDir: false,
  // Relative URLs: the scripts are loaded from pages of other origins.
  base: "./",
  resolve: { conditions: ["browser"] },
  css: CSS,
  build: {
    target: TARGET,
    outDir: pathOf("../dist"),
    emptyOutDir: false,
    // Two minifiers make the scripts 3 % smaller than one.
    minify: "terser",
    cssMinify: "lightningcss",
    terserOptions: {
      module: true,
      ecma: 2020,
      mangle: false,
      compress: { passes: 3, unsafe_arrows: true },
    },
    // A library has no preload helper. The helper would insert `<link>`s into the app's page.
    lib: {
      formats: ["es"],
      entry:
        mode === "client"
          ? { client: pathOf("../../client/index.ts") }
          : { embed: pathOf("index.ts") },
    },
    rolldownOptions: {
      checks: CHECKS,
      treeshake: mode === "client" || TREESHAKE,
      output: {
        minify: true,
        entryFileNames: ({ name }) =>
          ["embed", "client"].includes(name) ? "[name].js" : "embed/[name]-[hash].js",
        chunkFileNames: "embed/[name]-[hash].js",
        // With all that they import: whatever chunks share is in this one.
        codeSplitting: mode !== "client" && {
          groups: [{ name: "elements", test: /\/embed\/elements\.ts$/u }],
        },
      },
    },
  },
}));

const CHUNK_URL = /new URL\("(\.\/[\w-]+\.tsx)", import\.meta\.url\)\.href/u;

/** Makes `new URL("./x.tsx", import.meta.url).href` the URL of a chunk. Vite would copy the source. */
function chunkUrls(): Plugin {
  return {
    name: "chunk-urls",
    enforce: "pre",
    transform: {
      filter: { code: CHUNK_URL },
      handler(code, id) {
        return code.replace(CHUNK_URL, (_match, path: string) => {
          const reference = this.emitFile({ type: "chunk", id: resolve(dirname(id), path) });
          return `import.meta.ROLLUP_FILE_URL_${reference}`;
        });
      },
    },
  };
}
