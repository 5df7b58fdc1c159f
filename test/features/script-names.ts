import {
  childrenOf,
  isNode,
  nameOf,
  type Node,
  parse,
  propertyOf,
  textOf,
  walk,
} from "./syntax-tree.ts";

/** Names in a script that need no feature of the browser. */
export interface ScriptNames {
  /** Variables, functions, classes and parameters of the script. */
  variables: ReadonlySet<string>;
  /** Properties and methods that the script defines. */
  members: ReadonlySet<string>;
  /** Names that the script looks for before it uses them. */
  guarded: ReadonlySet<string>;
}

/** Returns the names of a script, without regard to scopes: a minified name is none of the browser's. */
export function namesIn(code: string): ScriptNames {
  const program = parse(code);
  const [variables, members, guarded] = [new Set<string>(), new Set<string>(), new Set<string>()];
  walk(program, (node) => {
    for (const name of declaredBy(node)) variables.add(name);
    for (const name of definedBy(node)) members.add(name);
    for (const name of guardedBy(node)) guarded.add(name);
  });
  return { variables, members, guarded };
}

/** Fields of nodes that hold the names which the node declares. */
const DECLARATIONS: Readonly<Record<string, readonly string[]>> = {
  VariableDeclarator: ["id"],
  FunctionDeclaration: ["id", "params"],
  FunctionExpression: ["id", "params"],
  ArrowFunctionExpression: ["params"],
  ClassDeclaration: ["id"],
  ClassExpression: ["id"],
  CatchClause: ["param"],
  ImportSpecifier: ["local"],
  ImportDefaultSpecifier: ["local"],
  ImportNamespaceSpecifier: ["local"],
};

function declaredBy(node: Node): string[] {
  const fields = DECLARATIONS[node.type] ?? [];
  return fields
    .flatMap((field) => node[field])
    .filter(isNode)
    .flatMap(namesOfPattern);
}

function namesOfPattern(pattern: Node): string[] {
  const name = nameOf(pattern);
  if (name !== undefined) return [name];
  if (pattern.type === "Property") return [pattern["value"]].filter(isNode).flatMap(namesOfPattern);
  if (pattern.type === "AssignmentPattern")
    return [pattern["left"]].filter(isNode).flatMap(namesOfPattern);
  return childrenOf(pattern).flatMap(namesOfPattern);
}

const DEFINITIONS: ReadonlySet<string> = new Set([
  "Property",
  "MethodDefinition",
  "PropertyDefinition",
]);

function definedBy(node: Node): string[] {
  if (DEFINITIONS.has(node.type) && node["computed"] !== true)
    return [nameOf(node["key"]) ?? textOf(node["key"]) ?? ""];
  if (node.type !== "AssignmentExpression" || !isNode(node["left"])) return [];
  return [propertyOf(node["left"]) ?? ""];
}

/** Fields of nodes whose value decides something, and is used for nothing else. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ["test"],
  ConditionalExpression: ["test"],
  LogicalExpression: ["left"],
};
const COMPARISONS: ReadonlySet<unknown> = new Set(["==", "===", "!=", "!=="]);

function guardedBy(node: Node): string[] {
  const conditions = (CONDITIONS[node.type] ?? []).map((field) => node[field]);
  return [...conditions, ...operandsOf(node), optionalPartOf(node)].flatMap(lookedFor);
}

/** Returns the operands of `typeof a`, `!a`, `a === undefined` and `"a" in b`. */
function operandsOf({ type, operator, argument, left, right }: Node): unknown[] {
  if (type === "UnaryExpression" && (operator === "typeof" || operator === "!")) return [argument];
  if (type !== "BinaryExpression") return [];
  if (operator === "in") return [left];
  return COMPARISONS.has(operator) ? [left, right] : [];
}

/** Returns `a` of `a?.b` and `a?.()`. */
function optionalPartOf({ optional, object, callee }: Node): unknown {
  return optional === true ? (object ?? callee) : undefined;
}

function lookedFor(node: unknown): string[] {
  if (!isNode(node)) return [];
  if (node.type === "LogicalExpression") return [node["left"], node["right"]].flatMap(lookedFor);
  const name = nameOf(node) ?? propertyOf(node) ?? textOf(node);
  return name === undefined ? [] : [name];
}
