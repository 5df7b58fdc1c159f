import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { sharedHead } from "../shared-head.ts";
import { CSS, TARGET } from "../vite.config.ts";

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** `/docs`, on its own: shared chunks would cost the upload page another request. */
export default defineConfig({
  root: pathOf("."),
  publicDir: false,
  css: CSS,
  plugins: [sharedHead()],
  build: {
    target: TARGET,
    outDir: pathOf("../dist"),
    emptyOutDir: false,
    rolldownOptions: { input: pathOf("docs.html") },
  },
});
