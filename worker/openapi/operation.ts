import { type DescribeRouteOptions, resolver } from "hono-openapi";
import type * as v from "valibot";
import { PROBLEM_ANSWERS, type ProblemCode } from "../../protocol/index.ts";
import { Problem } from "./resources.ts";

/** One call of the API, as the document describes it. */
export interface Operation {
  /** The name of the call in generated clients. */
  id: string;
  tag: "Batches" | "Files" | "Uploads" | "Live events" | "Tokens" | "Operator" | "Server";
  summary: string;
  description?: string;
  /** The tokens that open the call. */
  opens: keyof typeof SECURITY;
  query?: v.ObjectSchema<v.ObjectEntries, undefined>;
  headers?: readonly (keyof typeof HEADERS)[];
  body?: Body;
  /** The successful responses by status. */
  responses: Readonly<Record<number, Success>>;
  /** The problems of this call, besides those that every call has. */
  problems?: readonly ProblemCode[];
}

interface Body {
  /** Media type. */
  type: keyof typeof BODY_SCHEMAS;
  /** The schema of JSON. */
  schema?: v.GenericSchema;
  about: string;
  isOptional?: boolean;
}

interface Success {
  about: string;
  /** The schema of a JSON response, or of the data of each event. */
  schema?: v.GenericSchema;
  /** Media type of a response that is not JSON. Without a schema, it is bytes. */
  type?: string;
  headers?: readonly (keyof typeof RESPONSE_HEADERS)[];
}

const HEADERS = {
  "Content-Digest": "`sha-256=:base64:`, the SHA-256 of the bytes, which is checked.",
  "Idempotency-Key":
    "1 to 255 ASCII characters. A repeated call with the same key has the same effect.",
  "If-Match": "The `ETag` that is to be replaced. 412 if it is another one.",
  "If-Range": "The `ETag` of the bytes that the client has. Other bytes are sent as a whole.",
  "If-None-Match": "The `ETag` that the client has. 304 if it is still current.",
  "Last-Event-ID": "The id of the last event, after which the stream continues.",
  Range: "The bytes to send (RFC 9110).",
} as const;

const STRING = { type: "string" } as const;
const COUNT = { type: "integer", minimum: 0 } as const;
/** Generators make a file or stream of it. JSON Schema itself has no type for bytes. */
const BYTES = { type: "string", format: "binary" } as const;

const RESPONSE_HEADERS = {
  ETag: { description: "For `If-None-Match`.", schema: STRING },
  Location: { description: "The address of the batch.", schema: STRING },
  "Content-Range": { description: "The bytes that were sent.", schema: STRING },
  "Tallyman-Failed": { description: "The number of files that failed.", schema: COUNT },
  "Retry-After": {
    description: "The seconds after which the same request may succeed.",
    schema: COUNT,
  },
} as const;

/** The schemas of bodies that have none of their own. */
const BODY_SCHEMAS = {
  "application/json": {},
  "application/octet-stream": BYTES,
  "image/webp": BYTES,
  "multipart/form-data": { type: "object", additionalProperties: BYTES },
} as const;

const IN_HEADER = { bearer: [] };
const IN_ADDRESS = { addressToken: [] };

const SECURITY = {
  anyone: [],
  visitor: [{}, IN_HEADER],
  creator: [{}, IN_HEADER],
  owner: [IN_HEADER],
  reader: [IN_HEADER, IN_ADDRESS],
  writer: [IN_HEADER],
  renewer: [IN_HEADER],
  operator: [IN_HEADER],
} as const;

/** A sentence on the tokens that open a call. */
const TOKENS: Readonly<Record<keyof typeof SECURITY, string>> = {
  anyone: "No token is needed.",
  visitor: "Takes a grant or an owner token, optionally.",
  creator: "Takes a grant; while access is open, also an owner token or none.",
  owner: "Takes a grant or an owner token.",
  reader: "Takes a read, live or write token of the batch, or an operator token.",
  writer: "Takes the write token of the batch.",
  operator: "Takes an operator token.",
  renewer: "Takes the owner's token, a grant that can `tokens`, or the batch's write token.",
};

/** Problems of every call, and of every call with a body, with a token, or of a batch. */
const COMMON: readonly ProblemCode[] = [
  "malformed_request",
  "rate_limited",
  "internal_error",
  "busy",
  "not_configured",
];
const WITH_BODY: readonly ProblemCode[] = ["too_large", "unsupported_encoding", "too_slow"];
const WITH_TOKEN: readonly ProblemCode[] = ["unauthorized", "forbidden"];
const OF_BATCH: readonly ProblemCode[] = ["token_revoked", "batch_not_found", "batch_expired"];

const PATH_PARAMETERS = {
  batch: { schema: { type: "string" }, description: "Id of the batch." },
  file: { schema: { type: "integer", minimum: 0 }, description: "Id of the file." },
  part: { schema: { type: "integer", minimum: 1 }, description: "Number of the part." },
  n: { schema: { type: "integer", minimum: 0 }, description: "Number of the contact sheet." },
  owner: { schema: { type: "string" }, description: "Name of the owner." },
} as const;

/**
 * OpenAPI 3.1 uses this JSON Schema: earlier drafts have another keyword for the elements of a tuple.
 * Conversions, and checks in code, have no equivalent in it.
 */
const DIALECT = { target: "draft-2020-12", errorMode: "ignore" } as const;
/** Values of a query as clients send them, before their conversion. */
export const QUERY_VALUES = { ...DIALECT, typeMode: "input" } as const;

/** Returns the description of a call, without its query. */
export function describe(path: string, operation: Operation): DescribeRouteOptions {
  const { id, tag, summary, description, opens, body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, TOKENS[opens]].filter(Boolean).join("\n\n"),
    security: [...SECURITY[opens]],
    parameters: [...pathParameters(path), ...headerParameters(operation)],
    ...(body && { requestBody: requestBody(body) }),
    responses: { ...successes(operation), ...problems(path, operation) },
  };
}

type Parameters = NonNullable<DescribeRouteOptions["parameters"]>;

function pathParameters(path: string): Parameters {
  return Object.entries(PATH_PARAMETERS)
    .filter(([name]) => path.replace("?", "").split("/").includes(`:${name}`))
    .map(([name, { schema, description }]) => {
      return { name, in: "path", required: true, schema, description };
    });
}

function headerParameters({ headers = [] }: Operation): Parameters {
  return headers.map((name) => {
    return { name, in: "header", description: HEADERS[name], schema: STRING };
  });
}

function requestBody({ type, schema, about, isOptional = false }: Body) {
  const described = schema ? resolver(schema, { options: DIALECT }) : BODY_SCHEMAS[type];
  const content = { [type]: { schema: described } };
  return { description: about, required: !isOptional, content };
}

function successes({ responses }: Operation) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, success]) => [status, successResponse(success)]),
  );
}

function successResponse({ about, schema, type, headers = [] }: Success) {
  const described = schema ? resolver(schema, { options: DIALECT }) : BYTES;
  return {
    description: about,
    headers: Object.fromEntries(headers.map((name) => [name, RESPONSE_HEADERS[name]])),
    ...((schema ?? type) && { content: { [type ?? "application/json"]: { schema: described } } }),
  };
}

const RETRY_AFTER = { headers: { "Retry-After": RESPONSE_HEADERS["Retry-After"] } };
/** Additions to responses that may say when to send the request again, by status. */
const PAUSES: Readonly<Record<number, object>> = { 429: RETRY_AFTER, 503: RETRY_AFTER };

/** Returns the problems of a call by status, with their codes. */
function problems(path: string, operation: Operation) {
  const codes = Map.groupBy(problemCodes(path, operation), (code) => PROBLEM_ANSWERS[code].status);
  return Object.fromEntries(
    [...codes].map(([status, ofStatus]) => [
      status,
      {
        description: `\`${[...new Set(ofStatus)].join("`, `")}\``,
        ...PAUSES[status],
        content: {
          "application/problem+json": { schema: resolver(Problem, { options: DIALECT }) },
        },
      },
    ]),
  );
}

function problemCodes(path: string, operation: Operation): ProblemCode[] {
  const { opens, body, problems: own = [] } = operation;
  return [
    ...COMMON,
    ...(body ? WITH_BODY : []),
    ...(opens === "anyone" ? [] : WITH_TOKEN),
    ...(path.includes("/:batch") ? OF_BATCH : []),
    ...own,
  ];
}
