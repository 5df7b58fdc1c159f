import { groupBy } from "../../client/group-by.ts";

/** The parts of the OpenAPI document (3.1) that the page shows. `worker/openapi` makes it. */
export interface OpenapiDocument {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters: Parameter[];
  requestBody?: { description: string; required: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema: Schema;
}

/** By media type. */
export type Content = Record<string, { schema?: Schema }>;

export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  prefixItems?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  required?: string[];
  format?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
}

/** A call with its method and path. */
export interface Call extends Operation {
  method: string;
  path: string;
}

/** Loads the document. It comes from this page's own server, of the same version. */
export async function loadDocument(): Promise<OpenapiDocument> {
  const response = await fetch("/v1/openapi.json");
  if (!response.ok) throw new Error(`The server responded ${response.status}.`);
  const document: unknown = await response.json();
  if (isDocument(document)) return document;
  throw new Error("The response is not an OpenAPI document.");
}

function isDocument(value: unknown): value is OpenapiDocument {
  return typeof value === "object" && value !== null && "paths" in value;
}

/** Returns the calls by tag, in the order of the document. */
export function callsByTag({ paths }: OpenapiDocument): Map<string, Call[]> {
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      Object.assign(operation, { method, path }),
    ),
  );
  return groupBy(calls, ({ tags: [tag = ""] }) => tag);
}
