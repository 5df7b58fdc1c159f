import { Hono } from "hono";
import { cors } from "hono/cors";
import { createMiddleware } from "hono/factory";
import { version } from "../package.json";
import { requireSecret } from "./access/guard.ts";
import type { AppEnv } from "./context.ts";
import { answerError, answerNotFound } from "./http/errors.ts";
import { drainBody } from "./http/request-body.ts";
import { batches } from "./routes/batches.ts";
import { control } from "./routes/control.ts";
import { files } from "./routes/files.ts";
import { live } from "./routes/live.ts";
import { uploads } from "./routes/uploads.ts";

/** Headers that a script on another site may read. */
const EXPOSED_HEADERS = ["Content-Disposition", "ETag", "Location", "Retry-After", "Server-Timing"];

const nameRequest = createMiddleware<AppEnv>(async (c, next) => {
  c.set("requestId", c.req.header("CF-Ray") ?? crypto.randomUUID());
  c.set("batchCalls", { count: 0 });
  await next();
});

/** How often the request called its Batch: one thread that all of the batch's clients share. */
const tellBatchCalls = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  // The answer that opens a WebSocket cannot be changed.
  if (c.res.status !== 101) c.header("Server-Timing", `batch;desc="${c.var.batchCalls.count}"`);
});

const allowOrigins = createMiddleware<AppEnv>((c, next) => {
  const allowed = c.env.ALLOWED_ORIGINS.split(/\s+/u);
  const origin = allowed.includes("*") ? "*" : allowed;
  return cors({ origin, exposeHeaders: EXPOSED_HEADERS, maxAge: 86_400 })(c, next);
});

export const app = new Hono<AppEnv>();

app.use(nameRequest, drainBody);
app.use("/v1/*", allowOrigins);
app.use(requireSecret);
app.use("/v1/*", tellBatchCalls);

app.get("/v1/health", (c) => c.json({ ok: true, version }));
app.route("/v1", uploads);
app.route("/v1/batches", batches);
app.route("/v1/batches", control);
app.route("/v1/batches", files);
app.route("/v1/batches", live);

// The page finds out by itself what its address names.
app.get("/b/:batch", (c) => c.env.ASSETS.fetch(new URL("/", c.req.url)));

app.onError((error, c) => answerError(error, c));
app.notFound((c) => answerNotFound(app, c));
