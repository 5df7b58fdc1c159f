import { defineConfig } from "vite";

/** The first browsers with light-dark(), the youngest thing that the style sheets use. */
export const TARGET = ["chrome123", "firefox121", "safari17.5"];

// Preact's JSX needs no plugin: the compiler takes it from tsconfig.json.
export default defineConfig({ build: { target: TARGET } });
