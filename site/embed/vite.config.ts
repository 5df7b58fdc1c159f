import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { TARGET } from "../vite.config.ts";

/** `/embed.js`: one file with its style inside, beside the page, under a name that does not change. */
export default defineConfig({
  publicDir: false,
  build: {
    target: TARGET,
    outDir: fileURLToPath(new URL("../dist", import.meta.url)),
    emptyOutDir: false,
    modulePreload: false,
    // Every page of other people's loads this: two minifiers find more than one.
    minify: "terser",
    cssMinify: "lightningcss",
    terserOptions: {
      module: true,
      ecma: 2020,
      mangle: false,
      compress: { passes: 3, unsafe_arrows: true },
    },
    rolldownOptions: {
      input: fileURLToPath(new URL("index.ts", import.meta.url)),
      checks: { bundlerTimings: false },
      output: { entryFileNames: "embed.js", minify: true },
      // The classes are also for whoever imports the script.
      preserveEntrySignatures: "strict",
    },
  },
});
