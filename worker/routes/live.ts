import { Hono } from "hono";
import { requireAccess } from "../auth/guard.ts";
import { limitSockets } from "../auth/rate-limit.ts";
import type { AppEnv } from "../context.ts";
import { requireOrigin } from "../http/origins.ts";
import { ProblemError } from "../http/problem.ts";
import { eventStream } from "../live/event-stream.ts";
import { parseQuery, SinceQuery } from "./query.ts";

/** A batch's live events, as WebSocket and as Server-Sent Events. */
export const live = new Hono<AppEnv>()
  .get("/:batch/live", requireOrigin, requireAccess("read"), limitSockets, async (c) => {
    const { since } = parseQuery(c, SinceQuery);
    if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
      throw new ProblemError(
        "upgrade_required",
        "Open this address as a WebSocket, or use events.",
        {
          headers: { Upgrade: "websocket", Connection: "Upgrade" },
        },
      );
    }
    return c.var.batch.live(since);
  })

  .get("/:batch/events", requireAccess("read"), limitSockets, async (c) => {
    // A browser that reconnects says where it was; the query says where it began.
    const { since } = parseQuery(c, SinceQuery);
    const last = Number.parseInt(c.req.header("Last-Event-ID") ?? "", 10);
    const from = Number.isNaN(last) ? since : last;
    const headers = { "Content-Type": "text/event-stream; charset=utf-8" };
    // Hono answers HEAD as GET and lets go of the body: the socket behind it would stay open.
    if (c.req.method === "HEAD") {
      await c.var.batch.status();
      return new Response(null, { headers });
    }
    // Before the answer begins, so that an unknown batch is a problem and no silent stream.
    const opened = await c.var.batch.live(from);
    return new Response(eventStream(opened, c.req.raw.signal), { headers });
  });
