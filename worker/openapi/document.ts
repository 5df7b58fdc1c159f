import { Hono } from "hono";
import { describeRoute, generateSpecs, validator } from "hono-openapi";
import { version } from "../../package.json";
import { describe, QUERY_VALUES } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

const INFO = {
  title: "Tallyman",
  version,
  description:
    "Bulk uploads at the edge, with live progress for every file. New fields, headers, codes and events may be added; none will be renamed or removed. Errors are `application/problem+json` with a stable `code`.",
};

/** Relative to the address of the document. */
const SERVERS = [{ url: "/" }];

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
  addressToken: {
    type: "apiKey",
    in: "query",
    name: "token",
    description: "Where no header can be set: a read or live token, with GET or HEAD.",
  },
} as const;

/** Returns the OpenAPI 3.1 document of the API. */
export function openapiDocument() {
  return generateSpecs(describedApp(), {
    documentation: {
      info: INFO,
      servers: SERVERS,
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    excludeStaticFile: false,
    defaultValidationErrorResponse: false,
  });
}

/** An app that only describes the calls, so that requests pass through nothing else. */
function describedApp(): Hono {
  const app = new Hono();
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = "", path = ""] = route.split(" ");
    const { query } = operation;
    const options = { options: QUERY_VALUES };
    if (query) app.on(method, path, validator("query", query, undefined, options));
    app.on(method, path, describeRoute(describe(path, operation)));
  }
  return app;
}
