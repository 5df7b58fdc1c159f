import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** workerd's own modules, as far as the Worker uses them. */
const PLATFORM: Readonly<Record<string, URL>> = {
  "cloudflare:workers": new URL("./cloudflare-workers.ts", import.meta.url),
  "cloudflare:durable-objects": new URL("./cloudflare-durable-objects.ts", import.meta.url),
};

/** Lets Node import what a bundler builds: the platform's modules, and a package's version. */
export function installModules(): void {
  registerHooks({
    resolve: (specifier, context, next) => next(PLATFORM[specifier]?.href ?? specifier, context),
    load(url, context, next) {
      if (!url.endsWith(".json")) return next(url, context);
      return { format: "module", source: moduleOf(new URL(url)), shortCircuit: true };
    },
  });
}

function moduleOf(json: URL): string {
  const version = /"version": "([^"]*)"/u.exec(readFileSync(json, "utf8"))?.[1] ?? "";
  return `export const version = ${JSON.stringify(version)};`;
}
