import { type Schema, Validator } from "@cfworker/json-schema";
import { openapiDocument } from "../openapi/document.ts";

/** The parts of the OpenAPI document that calls are held to. */
interface Document {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: object;
}

interface DocumentedOperation {
  parameters: { in: string; name: string }[];
  requestBody?: { content: Content };
  responses: Record<string, { content?: Content }>;
}

/** By media type. */
type Content = Record<string, { schema?: Schema }>;

// Through JSON, so that it has no `undefined`. Awaited here: a promise of one request can't be awaited by
// another one.
const open = await Response.json(await openapiDocument()).json<Document>();
const closed = structuredClone(open);
closeObjects(closed);

/** A call that the test has made. */
interface Call {
  method: string;
  url: URL;
  body: RequestInit["body"];
}

/** Paths whose calls ignore unknown parameters, as people share these addresses. */
const SHARED = /\/(?:content|archive|sheets\/\d+)$/u;

/**
 * Holds a call and its response to the OpenAPI document. The response may have no further field. A
 * request is held to it only if the server has accepted it: tests send invalid ones on purpose.
 *
 * @throws Error that names everything in which they differ
 */
export async function requireDocumented(
  url: URL,
  { method = "GET", body }: RequestInit,
  response: Response,
): Promise<void> {
  if (!url.pathname.startsWith("/v1/") || method === "OPTIONS") return;
  const call = { method, url, body };
  const errors = await differences(call, response);
  if (errors.length === 0) return;
  throw new Error(`${method} ${url.pathname} isn't documented like that:\n${errors.join("\n")}`);
}

async function differences(call: Call, response: Response): Promise<string[]> {
  const operation = operationOf(closed, call);
  if (!operation) return response.ok ? ["the call is not in the document"] : [];
  return [
    ...(await responseErrors(operation, response)),
    ...(response.ok ? requestErrors(call) : []),
  ];
}

function operationOf({ paths }: Document, { method, url }: Call): DocumentedOperation | undefined {
  // The server ignores empty segments.
  const pathname = url.pathname.replaceAll(/\/{2,}/gu, "/").replace(/\/$/u, "");
  // The name of an owner may be in the query instead.
  const address = pathname.replace(/\/owners$/u, "/owners/name");
  const path = Object.keys(paths).find((template) => patternOf(template).test(address));
  return paths[path ?? ""]?.[method === "HEAD" ? "get" : method.toLowerCase()];
}

function patternOf(template: string): RegExp {
  const pattern = template.replaceAll(".", String.raw`\.`).replaceAll(/\{\w+\}/gu, "[^/]+");
  return new RegExp(`^${pattern}$`, "u");
}

async function responseErrors(
  { responses }: DocumentedOperation,
  response: Response,
): Promise<string[]> {
  const documented = responses[response.status];
  if (!documented) return [`status ${response.status}: ${await response.clone().text()}`];
  const [type = ""] = (response.headers.get("Content-Type") ?? "").split(";", 1);
  const schema = documented.content?.[type]?.schema;
  // HEAD has no body, and a body that is no JSON has no schema to be held to.
  if (!schema || !type.endsWith("json") || response.body === null) return [];
  const text = new TextDecoder().decode(await response.clone().bytes());
  const values = type === "application/x-ndjson" ? text.trim().split("\n") : [text];
  return values.flatMap((json) => schemaErrors(closed, schema, JSON.parse(json)));
}

function requestErrors(call: Call): string[] {
  const { url, body } = call;
  const { parameters = [], requestBody } = operationOf(open, call) ?? {};
  const schema = requestBody?.content["application/json"]?.schema;
  const isJson = schema && typeof body === "string" && body !== "";
  return [
    ...unknownParameters(url, parameters),
    ...(isJson ? schemaErrors(open, schema, JSON.parse(body)) : []),
  ];
}

function unknownParameters(url: URL, parameters: DocumentedOperation["parameters"]): string[] {
  if (SHARED.test(url.pathname)) return [];
  const known = new Set(["token", ...parameters.map(({ name }) => name)]);
  const names = [...url.searchParams.keys()];
  return names.filter((name) => !known.has(name)).map((name) => `query ${name}`);
}

function schemaErrors({ components }: Document, schema: Schema, value: unknown): string[] {
  const { errors } = validatorOf(schema, components).validate(value);
  return errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`);
}

/** Returns everything in which a value differs from a named schema of the document. */
export function schemaDifferences(name: string, value: unknown): string[] {
  return schemaErrors(closed, { $ref: `#/components/schemas/${name}` }, value);
}

const validators = new WeakMap<Schema, Validator>();

/** Preparing a validator walks the whole document. */
function validatorOf(schema: Schema, components: object): Validator {
  const validator =
    validators.get(schema) ?? new Validator({ ...schema, components }, "2020-12", false);
  validators.set(schema, validator);
  return validator;
}

/**
 * Clients ignore unknown fields, so the document allows them. Here, a field that the document lacks is a
 * fault.
 */
function closeObjects(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const inner of Object.values(value)) closeObjects(inner);
  const isOpen = "properties" in value && !("additionalProperties" in value);
  if (isOpen) Object.assign(value, { additionalProperties: false });
}
