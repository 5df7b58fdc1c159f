import type { Plugin } from "vite";

/**
 * Limits the elements' style sheet to the inside of `Frame`. Components in an app's own document have
 * no shadow tree, so the sheet would otherwise style the whole page.
 *
 * Runs after Vite has inlined the sheet's imports, which have to stay outside of `@scope`.
 */
export function scopedStyles(): Plugin {
  return {
    name: "scoped-styles",
    transform: (code, id) => (id.endsWith(".css") ? scoped(code) : null),
  };
}

function scoped(css: string): string {
  const own = css.replaceAll(/:host\(([^)]*)\)/gu, ":scope$1").replaceAll(":host", ":scope");
  return `@scope (.tallyman) {\n${own}\n}`;
}
