import { Hono } from "hono";
import { requireAccess } from "../auth/guard.ts";
import type { AppEnv } from "../context.ts";
import { requireOrigin } from "../http/origins.ts";
import { ProblemError } from "../http/problem.ts";
import { query } from "../http/query.ts";
import { EVENT_STREAM_HEADERS, eventStream } from "../live/event-stream.ts";
import { isOver } from "../live/watch.ts";
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
    const isReconnect = !Number.isNaN(last);
    // Hono handles HEAD as GET and drops the body without cancelling it: its socket would stay open.
    const isHead = c.req.method === "HEAD";
    if (isReconnect || isHead) {
      const { rev, state } = await c.var.batch.status();
      // An EventSource reconnects after every end of a stream, except after this response.
      if (isReconnect && isOver(state) && last >= rev) return c.body(null, 204);
      if (isHead) return new Response(null, { headers: EVENT_STREAM_HEADERS });
    }
    // Opened before the response starts, so that an unknown batch is a problem and not an empty stream.
    const opened = await c.var.batch.live(isReconnect ? last : since);
    return new Response(eventStream(opened, c.req.raw.signal), { headers: EVENT_STREAM_HEADERS });
  });
