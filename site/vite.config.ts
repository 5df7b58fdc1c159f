import { defineConfig } from "vite";

export default defineConfig({
  // Preact's JSX needs no plugin: the compiler takes it from tsconfig.json.
  // The first browsers with light-dark(), the youngest thing that the style sheets use.
  build: { target: ["chrome123", "firefox121", "safari17.5"] },
});
