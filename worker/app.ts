import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { version } from "../package.json";
import type { AppContext, AppEnv } from "./context.ts";
import { separateContent } from "./http/content-host.ts";
import { errorResponse, methodNotAllowedResponse } from "./http/errors.ts";
import { respondAfter } from "./http/early-response.ts";
import { allowOrigins, requireOriginToChange } from "./http/origins.ts";
import { requirePlainBody } from "./http/body-checks.ts";
import { plainPath } from "./http/path.ts";
import { refuseUnknownQuery } from "./http/query.ts";
import { isolateMemory } from "./http/body-memory.ts";
import { BodyReader, bodyLength } from "./http/request-body.ts";
import { logRequest } from "./http/request-log.ts";
import { noStoreByDefault, securityHeaders, versionHeader } from "./http/response-headers.ts";
import { minBodyRate } from "./http/slow-body.ts";
import { batches } from "./routes/batches.ts";
import { control } from "./routes/control.ts";
import { files } from "./routes/files.ts";
import { limits } from "./routes/limits.ts";
import { live } from "./routes/live.ts";
import { openapi } from "./routes/openapi.ts";
import { operator } from "./routes/operator.ts";
import { batchPage, unknownPath } from "./routes/page.ts";
import { receipts } from "./routes/receipt.ts";
import { tokens } from "./routes/tokens.ts";
import { sheets } from "./routes/sheets.ts";
import { uploads } from "./routes/uploads.ts";
import { requireSettings, validSettings } from "./settings.ts";

const assignRequestId = createMiddleware<AppEnv>(async (c, next) => {
  c.set("requestId", c.req.header("CF-Ray") ?? crypto.randomUUID());
  c.set("batchCalls", { count: 0 });
  await next();
});

/** Gives handlers a reader of the request's body, and reads the rest after the response is made. */
const provideBody = createMiddleware<AppEnv>(async (c, next) => {
  const settings = validSettings(c.env);
  const body = new BodyReader(c.req.raw.body, {
    length: bodyLength(c.req.raw),
    minRate: minBodyRate(c.env),
    memory: isolateMemory,
    bufferMs: settings?.bufferMs ?? null,
    maxBytes: settings?.bodyBytes ?? Infinity,
  });
  c.set("body", body);
  const handled = readRest(c, body, next());
  // Otherwise the platform ends the request of a client that disconnects before its memory is released.
  if (c.req.raw.body) c.executionCtx.waitUntil(handled.catch(() => undefined));
  await handled;
});

async function readRest(c: AppContext, body: BodyReader, handled: Promise<void>): Promise<void> {
  try {
    await handled;
  } finally {
    const response = await respondAfter(body, c.res, (work) => c.executionCtx.waitUntil(work));
    // The response that opens a WebSocket cannot be set again.
    if (response !== c.res) c.res = response;
  }
}

/**
 * Reports how often the request called its Batch. All clients of a batch share the one thread of its
 * object.
 */
const countBatchCalls = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  // The headers of a response that opens a WebSocket are immutable.
  if (c.res.status !== 101) c.header("Server-Timing", `batch;desc="${c.var.batchCalls.count}"`);
});

export const app = new Hono<AppEnv>({ getPath: plainPath });

app.use(versionHeader, assignRequestId, logRequest, securityHeaders, noStoreByDefault, provideBody);
app.use("/v1/*", allowOrigins);
app.use(requireSettings);
app.use(separateContent);
app.use(requireOriginToChange, requirePlainBody);
app.use("/v1/*", countBatchCalls);
app.use("/v1/*", refuseUnknownQuery);
app.use(methodNotAllowed({ app, onMethodNotAllowed: methodNotAllowedResponse }));

app.get("/v1/health", (c) => c.json({ ok: true, version }));
app.route("/v1/limits", limits);
app.route("/v1/openapi.json", openapi);
app.route("/v1", uploads);
app.route("/v1/batches", batches);
app.route("/v1/batches", control);
app.route("/v1/batches", tokens);
app.route("/v1/batches", files);
app.route("/v1/batches", sheets);
app.route("/v1/batches", live);
app.route("/v1", receipts);
app.route("/v1/operator", operator);

app.get("/b/:batch", batchPage);

app.onError(errorResponse);
app.notFound(unknownPath);
