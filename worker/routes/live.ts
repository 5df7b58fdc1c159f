import { Hono } from "hono";
import { requireAccess } from "../auth/guard.ts";
import type { AppEnv } from "../context.ts";
import { requireOrigin } from "../http/origins.ts";
import { ProblemError } from "../http/problem.ts";
import { query } from "../http/query.ts";
import { eventStream } from "../live/event-stream.ts";
import { SinceQuery } from "./query.ts";

/** Routes of a batch's live events, as WebSocket and as Server-Sent Events. */
export const live = new Hono<AppEnv>()
  .get(
    "/:batch/live",
    requireOrigin,
    requireAccess("read", "sockets"),
    query(SinceQuery),
    async (c) => {
      const { since } = c.req.valid("query");
      if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
        throw new ProblemError(
          "upgrade_required",
          "This endpoint requires a WebSocket upgrade; send one, or use `events`.",
          {
            headers: { Upgrade: "websocket", Connection: "Upgrade" },
          },
        );
      }
      return c.var.batch.live(since);
    },
  )

  .get("/:batch/events", requireAccess("read", "sockets"), query(SinceQuery), async (c) => {
    // A reconnecting browser sends Last-Event-ID; the query still has the first `since`.
    const { since } = c.req.valid("query");
    const last = Number.parseInt(c.req.header("Last-Event-ID") ?? "", 10);
    const from = Number.isNaN(last) ? since : last;
    const headers = { "Content-Type": "text/event-stream; charset=utf-8" };
    // Hono handles HEAD as GET and drops the body without cancelling it: its socket would stay open.
    if (c.req.method === "HEAD") {
      await c.var.batch.status();
      return new Response(null, { headers });
    }
    // Opened before the response starts, so that an unknown batch is a problem and not an empty stream.
    const opened = await c.var.batch.live(from);
    return new Response(eventStream(opened, c.req.raw.signal), { headers });
  });
