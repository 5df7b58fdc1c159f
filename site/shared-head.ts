import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const HEAD = readFileSync(new URL("head.html", import.meta.url), "utf8").trim();

/** Puts what the heads of all pages have in common in place of a comment. */
export function sharedHead(): Plugin {
  return {
    name: "shared-head",
    transformIndexHtml: {
      order: "pre",
      handler: (html) => html.replace("<!-- head.html -->", HEAD),
    },
  };
}
