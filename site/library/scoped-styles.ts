import type { Plugin } from "vite";

/**
 * Has the style sheets of the elements hold within `Frame` alone: in a page of other people there is
 * no shadow tree around a component that would keep them from everything else.
 */
export function scopedStyles(): Plugin {
  return {
    name: "scoped-styles",
    enforce: "pre",
    transform: (code, id) => (id.endsWith(".css") ? scoped(code) : null),
  };
}

function scoped(css: string): string {
  const own = css.replaceAll(/:host\(([^)]*)\)/gu, ":scope$1").replaceAll(":host", ":scope");
  return `@scope (.tallyman) {\n${own}\n}`;
}
