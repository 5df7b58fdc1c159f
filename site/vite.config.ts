import { defineConfig } from "vite";

export default defineConfig({
  // Preact's JSX needs no plugin: the compiler takes it from tsconfig.json.
  build: { target: "es2022" },
});
