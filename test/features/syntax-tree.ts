import { parseSync } from "vite";

/** A node of a script's syntax tree (ESTree). */
export interface Node {
  type: string;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** Returns the syntax tree of a script. */
export function parse(code: string): Node {
  const program: unknown = parseSync("script.js", code).program;
  if (!isNode(program)) throw new Error("The script has no syntax tree.");
  return program;
}

/** Returns the nodes in the fields of a node. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

/** Calls `visit` for a node and all nodes in it. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

/** Returns the name of an identifier, else undefined. */
export function nameOf(node: unknown): string | undefined {
  const isIdentifier = isNode(node) && node.type === "Identifier";
  return isIdentifier && typeof node["name"] === "string" ? node["name"] : undefined;
}

/** Returns the name of the property that `a.name` reads, else undefined. */
export function propertyOf(node: Node): string | undefined {
  return node.type === "MemberExpression" && node["computed"] !== true
    ? nameOf(node["property"])
    : undefined;
}

/** Returns the text of a literal, else undefined. Minifiers write strings as templates. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "TemplateLiteral") return templateText(node);
  return node.type === "Literal" && typeof node["value"] === "string" ? node["value"] : undefined;
}

function templateText(node: Node): string | undefined {
  const [first, ...others] = childrenOf(node);
  const value = first?.["value"];
  const isText = others.length === 0 && typeof value === "object" && value !== null;
  const text: unknown = isText && "cooked" in value ? value.cooked : undefined;
  return typeof text === "string" ? text : undefined;
}
