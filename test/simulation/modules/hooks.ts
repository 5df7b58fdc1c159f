import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** Replacements of workerd's modules, as far as the Worker uses them. */
const PLATFORM: Readonly<Record<string, URL>> = {
  "cloudflare:workers": new URL("./cloudflare-workers.ts", import.meta.url),
  "cloudflare:durable-objects": new URL("./cloudflare-durable-objects.ts", import.meta.url),
};

/** itty-durable has ES modules with imports without `.js`, and a CommonJS index. */
const ITTY = "/node_modules/itty-durable/";
const ITTY_INDEX = `export * from "./itty-durable.js"; export * from "./proxy-durable.js";`;

/** Lets Node import what otherwise needs workerd or a bundler. */
export function installModules(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const isBare = specifier.startsWith("./") && !specifier.endsWith(".js");
      const suffix = isBare && context.parentURL?.includes(ITTY) ? ".js" : "";
      return next(PLATFORM[specifier]?.href ?? specifier + suffix, context);
    },
    load(url, context, next) {
      const source = sourceOf(url);
      if (source !== null) return { format: "module", source, shortCircuit: true };
      return next(url, url.includes(ITTY) ? { ...context, format: "module" } : context);
    },
  });
}

/** Returns the source of a module that a bundler would have to build; null for all others. */
function sourceOf(url: string): string | null {
  if (url.endsWith(`${ITTY}index.js`)) return ITTY_INDEX;
  return url.endsWith(".json") ? moduleOf(new URL(url)) : null;
}

function moduleOf(json: URL): string {
  const version = /"version": "([^"]*)"/u.exec(readFileSync(json, "utf8"))?.[1] ?? "";
  return `export const version = ${JSON.stringify(version)};`;
}
