import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { version } from "../package.json";
import { requireSecret } from "./auth/guard.ts";
import type { AppEnv } from "./context.ts";
import { noStoreByDefault, securityHeaders } from "./http/response-headers.ts";
import { errorResponse, notFoundResponse } from "./http/errors.ts";
import { allowOrigins } from "./http/origins.ts";
import { readBody } from "./http/read-body.ts";
import { logRequest } from "./http/request-log.ts";
import { batches } from "./routes/batches.ts";
import { control } from "./routes/control.ts";
import { files } from "./routes/files.ts";
import { live } from "./routes/live.ts";
import { uploads } from "./routes/uploads.ts";
import { requireSettings } from "./settings.ts";

const assignRequestId = createMiddleware<AppEnv>(async (c, next) => {
  c.set("requestId", c.req.header("CF-Ray") ?? crypto.randomUUID());
  c.set("batchCalls", { count: 0 });
  await next();
});

/** How often the request called its Batch: one thread that all of the batch's clients share. */
const countBatchCalls = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  // The answer that opens a WebSocket cannot be changed.
  if (c.res.status !== 101) c.header("Server-Timing", `batch;desc="${c.var.batchCalls.count}"`);
});

export const app = new Hono<AppEnv>();

app.use(assignRequestId, logRequest, securityHeaders, noStoreByDefault, readBody);
app.use("/v1/*", allowOrigins);
app.use(requireSecret, requireSettings);
app.use("/v1/*", countBatchCalls);

app.get("/v1/health", (c) => c.json({ ok: true, version }));
app.route("/v1", uploads);
app.route("/v1/batches", batches);
app.route("/v1/batches", control);
app.route("/v1/batches", files);
app.route("/v1/batches", live);

// The page finds out by itself what its address names.
app.get("/b/:batch", async (c) => {
  const page = await c.env.ASSETS.fetch(new URL("/", c.req.url));
  // Made anew, as the headers of what was fetched cannot be changed.
  return new Response(page.body, page);
});

app.onError((error, c) => errorResponse(error, c));
app.notFound((c) => notFoundResponse(app, c));
