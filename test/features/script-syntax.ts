import type { Identifier } from "@mdn/browser-compat-data";
import { entryAt } from "./browser-support.ts";
import { childrenOf, isNode, nameOf, type Node, textOf } from "./syntax-tree.ts";

type Feature = readonly [name: string, entry: Identifier | undefined];

const JS = "javascript";
const FUNCTIONS = /^(?:Arrow)?Function|^StaticBlock$/u;

/** Marks in the pattern of a regular expression. */
const PATTERNS = {
  "(?<=": `${JS}.regular_expressions.lookbehind_assertion`,
  "(?<!": `${JS}.regular_expressions.lookbehind_assertion`,
  "(?i:": `${JS}.regular_expressions.modifier`,
} as const;
const FLAGS = {
  d: `${JS}.builtins.RegExp.hasIndices`,
  v: `${JS}.builtins.RegExp.unicodeSets`,
} as const;

/** Returns the syntax of a script that came after ES2020, whether or not a browser lacks it. */
export function syntaxFeaturesOf(node: Node, isInFunction = false): Feature[] {
  const isInside = isInFunction || FUNCTIONS.test(node.type);
  return [
    ...featuresOf(node, isInFunction),
    ...childrenOf(node).flatMap((child) => syntaxFeaturesOf(child, isInside)),
  ];
}

function featuresOf(node: Node, isInFunction: boolean): Feature[] {
  const { type, operator, kind } = node;
  switch (type) {
    case "StaticBlock":
      return feature("static {}", `${JS}.classes.static.initialization_blocks`);
    case "AwaitExpression":
      return isInFunction
        ? []
        : feature("await at the top level", `${JS}.operators.await.top_level`);
    case "VariableDeclaration":
      return kind === "using" || kind === "await using"
        ? feature("using", `${JS}.statements.using`)
        : [];
    case "BinaryExpression":
      return operator === "in" && isPrivate(node["left"])
        ? feature("#name in", `${JS}.classes.private_class_fields_in`)
        : [];
    case "NewExpression":
      return nameOf(node["callee"]) === "RegExp" ? patternFeatures(firstArgument(node)) : [];
    case "Literal":
      return isRegExp(node["regex"]) ? regExpFeatures(node["regex"]) : [];
    default:
      return [];
  }
}

function feature(name: string, path: string): Feature[] {
  return [[name, entryAt(path)]];
}

function isPrivate(node: unknown): boolean {
  return isNode(node) && node.type === "PrivateIdentifier";
}

function firstArgument(node: Node): string {
  const callee = node["callee"];
  return textOf(childrenOf(node).find((child) => child !== callee)) ?? "";
}

function isRegExp(value: unknown): value is { pattern: string; flags: string } {
  return typeof value === "object" && value !== null && "pattern" in value;
}

function regExpFeatures({ pattern, flags }: { pattern: string; flags: string }): Feature[] {
  const used = Object.entries(FLAGS).filter(([flag]) => flags.includes(flag));
  return [
    ...used.flatMap(([flag, path]) => feature(`/${flag}`, path)),
    ...patternFeatures(pattern),
  ];
}

function patternFeatures(pattern: string): Feature[] {
  const used = Object.entries(PATTERNS).filter(([mark]) => pattern.includes(mark));
  return used.flatMap(([mark, path]) => feature(mark, path));
}
