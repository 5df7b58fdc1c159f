import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { TARGET } from "../vite.config.ts";
import { scopedStyles } from "./scoped-styles.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * What other people's programs import: the client, as a browser and as Node need it, and the
 * components. package.json's `exports` names what this makes.
 */
export default defineConfig(({ mode }) => ({
  plugins: [scopedStyles()],
  publicDir: false,
  resolve: { conditions: [mode === "node" ? "node" : "browser"] },
  build: {
    target: TARGET,
    outDir: pathOf(`../../lib/${mode}`),
    emptyOutDir: true,
    minify: false,
    lib: {
      formats: ["es"],
      entry: {
        client: pathOf("../../client/index.ts"),
        ...(mode === "browser"
          ? { components: pathOf("components.ts") }
          : { "open-file": pathOf("../../client/node/open-file.ts") }),
      },
      cssFileName: "components",
    },
    rolldownOptions: { external: [/^preact/u, /^@preact\//u, /^node:/u] },
  },
}));
