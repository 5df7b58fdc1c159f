import type { Identifier } from "@mdn/browser-compat-data";
import { AtRule, type ChildNode, type Declaration, type Node, parse } from "postcss";
import { entriesIn, entryAt, lacking, own, type Target } from "./browser-support.ts";

type Feature = readonly [name: string, entry: Identifier | undefined];

const PROPERTIES = entryAt("css.properties");
const AT_RULES = entryAt("css.at-rules");
const SELECTORS = entryAt("css.selectors");
const MEDIA = entryAt("css.at-rules.media");

/** Units that came after the others. */
const UNITS: Readonly<Record<string, string>> = {
  cq: "css.types.length.container_query_length_units",
  d: "css.types.length.viewport_percentage_units_dynamic",
  l: "css.types.length.viewport_percentage_units_large",
  s: "css.types.length.viewport_percentage_units_small",
};
const UNIT = /\d(cq|[dls])(?:v?[wh]|v?[ib]|v?min|v?max)\b/gu;
const FUNCTION = /(?<![\w-])([a-z][\w-]*)\(/gu;
const WORD = /(?<![\w-])[a-z][a-z-]*(?![\w(-])/gu;
const PSEUDO = /::?([a-z][\w-]*)/gu;

/**
 * Returns what a style sheet uses outside of an `@supports` that asks for it, and what browsers of the target
 * lack: `@scope (firefox145)`. A value that follows another one of the same property has a fallback.
 */
export function unsupportedInStyle(css: string, target: Target): string[] {
  const found = new Map<string, readonly string[]>();
  parse(css).walk((node) => {
    for (const [name, entry] of featuresOf(node)) {
      const browsers = lacking(entry, target);
      if (browsers.length > 0 && !isGuarded(node, name)) found.set(name, browsers);
    }
  });
  return [...found].map(([name, browsers]) => `${name} (${browsers.join(", ")})`).toSorted();
}

/** True if the node is in an `@supports` whose condition contains the name. */
function isGuarded({ parent }: Pick<Node, "parent">, name: string): boolean {
  if (parent === undefined) return false;
  const asked = parent instanceof AtRule && parent.name === "supports" ? parent.params : "not";
  const bare = name.replaceAll(/^@|\(\)$/gu, "");
  return (!asked.startsWith("not") && asked.includes(bare)) || isGuarded(parent, name);
}

function featuresOf(node: ChildNode): Feature[] {
  if (node.type === "atrule") return atRuleFeatures(node);
  if (node.type === "rule") {
    const isNested = node.parent?.type === "rule";
    const nesting: Feature[] = isNested ? [["nesting", entryAt("css.selectors.nesting")]] : [];
    return [...nesting, ...selectorFeatures(node.selector)];
  }
  return node.type === "decl" && !hasFallback(node) ? declarationFeatures(node) : [];
}

function atRuleFeatures({ name, params }: AtRule): Feature[] {
  const always: Feature[] = [[`@${name}`, own(AT_RULES, name)]];
  if (name !== "media" && name !== "container") return always;
  const features = Array.from(params.matchAll(/\(\s*([a-z-]+)/gu), ([, feature = ""]): Feature => [
    `@media (${feature})`,
    own(MEDIA, feature),
  ]);
  const range: Feature[] = /[<>]/u.test(params)
    ? [["@media (a < b)", own(MEDIA, "range_syntax")]]
    : [];
  return [...always, ...range, ...features];
}

function selectorFeatures(selector: string): Feature[] {
  return Array.from(selector.matchAll(PSEUDO), ([, name = ""]): Feature => [
    `:${name}`,
    own(SELECTORS, name),
  ]);
}

/**
 * True if the property follows itself, or itself with Safari's prefix. Not of a custom property: a value
 * that a browser doesn't know is invalid only where it's used.
 */
function hasFallback(node: Declaration): boolean {
  if (node.prop.startsWith("--")) return false;
  for (let before = node.prev(); before; before = before.prev())
    if (before.type === "decl" && before.prop.replace("-webkit-", "") === node.prop) return true;
  return false;
}

function declarationFeatures({ prop, value }: Declaration): Feature[] {
  const property = own(PROPERTIES, prop);
  const functions = Array.from(value.matchAll(FUNCTION), ([, name = ""]): Feature => [
    `${name}()`,
    functionNamed(name),
  ]);
  const units = Array.from(value.matchAll(UNIT), ([unit, kind = ""]): Feature => [
    unit.slice(1),
    entryAt(UNITS[kind] ?? ""),
  ]);
  const isList = prop === "font-family" || prop === "cursor";
  const words = Array.from(value.matchAll(WORD), ([word]): Feature => [
    `${prop}: ${word}`,
    own(property, word),
  ]);
  return [[prop, property], ...functions, ...units, ...(isList ? [] : words)];
}

/** Returns the entry of a function, which is in the entry of its type: `light-dark` in `color`. */
function functionNamed(name: string): Identifier | undefined {
  const types = entriesIn(entryAt("css.types"));
  const inType = types.map((type) => own(type, name)).find((entry) => entry !== undefined);
  return own(entryAt("css.types"), name) ?? inType;
}
