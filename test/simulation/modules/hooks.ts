import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** workerd's own modules, as far as the Worker uses them. */
const PLATFORM: Readonly<Record<string, URL>> = {
  "cloudflare:workers": new URL("./cloudflare-workers.ts", import.meta.url),
  "cloudflare:durable-objects": new URL("./cloudflare-durable-objects.ts", import.meta.url),
};

/** A package of ECMAScript modules in all but name: an index in CommonJS, and imports without `.js`. */
const ITTY = "/node_modules/itty-durable/";
const ITTY_INDEX = `export * from "./itty-durable.js"; export * from "./proxy-durable.js";`;

/** Lets Node import what a bundler builds: the platform's modules, and packages that want one. */
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

/** What a bundler makes of what Node would not import; null of anything else. */
function sourceOf(url: string): string | null {
  if (url.endsWith(`${ITTY}index.js`)) return ITTY_INDEX;
  return url.endsWith(".json") ? moduleOf(new URL(url)) : null;
}

function moduleOf(json: URL): string {
  const version = /"version": "([^"]*)"/u.exec(readFileSync(json, "utf8"))?.[1] ?? "";
  return `export const version = ${JSON.stringify(version)};`;
}
