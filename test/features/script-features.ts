import type { Identifier } from "@mdn/browser-compat-data";
import { entriesIn, entryAt, lacking, own, type Target } from "./browser-support.ts";
import { namesIn, type ScriptNames } from "./script-names.ts";
import { syntaxFeaturesOf } from "./script-syntax.ts";
import { childrenOf, nameOf, type Node, parse, propertyOf, walk } from "./syntax-tree.ts";

const BUILTINS = entryAt("javascript.builtins");
const API = entryAt("api");
const WEBASSEMBLY = entryAt("webassembly.api");
const WINDOW = entryAt("api.Window");
const GLOBAL_OBJECTS: ReadonlySet<string> = new Set(["globalThis", "self", "window"]);

/** Interfaces of the browser's objects that have a name of their own. */
const INTERFACES: Readonly<Record<string, string>> = {
  crypto: "Crypto",
  document: "Document",
  history: "History",
  localStorage: "Storage",
  location: "Location",
  navigator: "Navigator",
  performance: "Performance",
  screen: "Screen",
};

/**
 * Returns what a script uses without looking for it first, and what browsers of the target lack:
 * `AbortSignal.any (chrome115)`. The types of values are unknown, so a method counts as lacking if every
 * object with a method of that name has it later.
 *
 * @param members methods that other scripts define, and this one may call
 */
export function unsupportedInScript(
  code: string,
  target: Target,
  members: ReadonlySet<string> = new Set(),
): string[] {
  const program = parse(code);
  const named = namesIn(code);
  const names = { ...named, members: new Set([...named.members, ...members]) };
  const found = new Map<string, readonly string[]>();
  const add = (feature: string, browsers: readonly string[]): void => {
    if (browsers.length > 0) found.set(feature, browsers);
  };
  for (const [feature, entry] of syntaxFeaturesOf(program)) add(feature, lacking(entry, target));
  walk(program, (node) => {
    for (const [feature, candidates, without = []] of usesIn(node, names)) {
      const excluded = new Set(without.flatMap((entry) => lacking(entry, target)));
      add(
        feature,
        lackedByAll(candidates, target).filter((browser) => !excluded.has(browser)),
      );
    }
  });
  return [...found].map(([feature, browsers]) => `${feature} (${browsers.join(", ")})`).toSorted();
}

/** A browser that lacks `without` does not get there: the script looks for it first. */
type Use = readonly [
  feature: string,
  candidates: readonly Identifier[],
  without?: readonly Identifier[],
];

/** Returns the browsers that lack each candidate; none if there is no candidate. */
function lackedByAll(candidates: readonly Identifier[], target: Target): readonly string[] {
  const [first, ...others] = candidates.map((candidate) => lacking(candidate, target));
  return (first ?? []).filter((browser) => others.every((lacked) => lacked.includes(browser)));
}

function usesIn(node: Node, names: ScriptNames): Use[] {
  const property = propertyOf(node);
  if (property !== undefined) return [...memberUse(node, property, names)];
  return referencesIn(node)
    .filter((name) => !names.variables.has(name) && !names.guarded.has(name))
    .map((name) => [name, globalsNamed(name)]);
}

/** Returns the names that a node reads as variables. A property's name, and a label, is none. */
function referencesIn(node: Node): string[] {
  const { type, key, computed, shorthand } = node;
  if (type === "LabeledStatement" || type === "BreakStatement" || type === "ContinueStatement")
    return [];
  return childrenOf(node)
    .filter((child) => child !== key || computed === true || shorthand === true)
    .flatMap((child) => nameOf(child) ?? []);
}

function memberUse(node: Node, property: string, names: ScriptNames): Use[] {
  const object = nameOf(node["object"]);
  const isOwn = object !== undefined && names.variables.has(object);
  const uses: Use[] = [];
  if (object !== undefined && !isOwn && !names.guarded.has(object))
    uses.push([object, globalsNamed(object)]);
  if (names.guarded.has(property)) return uses;
  const members = object === undefined || isOwn ? null : membersOf(object, property);
  if (members !== null) uses.push([`${object}.${property}`, members, guardOf(object, names)]);
  else if (!names.members.has(property)) uses.push([`.${property}`, methodsNamed(property)]);
  return uses;
}

/** Returns the entries of an object that the script looks for. */
function guardOf(object: string | undefined, { guarded }: ScriptNames): Identifier[] {
  return object !== undefined && guarded.has(object) ? globalsNamed(object) : [];
}

function globalsNamed(name: string): Identifier[] {
  return [own(BUILTINS, name), own(API, name), own(WINDOW, name)].filter(
    (entry) => entry !== undefined,
  );
}

/** Returns the entries of `object.property` for an object of the browser's; null for another one. */
function membersOf(object: string, property: string): Identifier[] | null {
  if (GLOBAL_OBJECTS.has(object)) return globalsNamed(property);
  const api = own(API, INTERFACES[object] ?? object);
  const builtin = own(BUILTINS, object);
  if (api === undefined && builtin === undefined) return null;
  const entries = [own(api, `${property}_static`), own(api, property), own(builtin, property)];
  return entries.filter((entry) => entry !== undefined);
}

const methods = new Map<string, Identifier[]>();

/** Returns the entries of all members with that name. */
function methodsNamed(name: string): Identifier[] {
  const known = methods.get(name);
  if (known) return known;
  const interfaces = [BUILTINS, own(BUILTINS, "Intl"), API, WEBASSEMBLY].flatMap(entriesIn);
  const found = interfaces.flatMap((each) => own(each, name) ?? []);
  methods.set(name, found);
  return found;
}
