import { convertV4MiniflareOptions, Miniflare } from "miniflare";

/** A Worker whose batches behave by their ids; `/v1/batches/seen/:id` lists the `since` of each request. */
const SCRIPT = `
const sinces = {};
let polls = 0;

export default {
  async fetch(request) {
    const response = respond(request);
    response.headers.set("Tallyman-Version", "1.0.0");
    return response;
  },
};

function respond(request) {
  const { pathname, searchParams } = new URL(request.url);
  const [, , , id = "", what = ""] = pathname.split("/");
  if (pathname === "/v1/health") return Response.json({ ok: true });
  if (id === "seen") return Response.json(sinces[what] ?? []);
  if (id === "gone") return Response.json({ code: "batch_not_found" }, { status: 404 });
  if (what === "tokens") return Response.json({ live: "new" });
  if (what === "files") return Response.json({ rev: 7, files: [refusedFile(3)], next: null });
  if (id === "limited" && what === "live") return new Response("", { status: 403 });
  if (id === "limited" && polls++ === 0) return rateLimited();
  if (what !== "live") return Response.json(batch(id, 7));
  const since = searchParams.get("since");
  const tries = (sinces[id] ??= []).push(since);
  const isBlocked = id === "blocked" && (tries <= 3 || since === null);
  if (isBlocked) return new Response("no upgrades here", { status: 403 });
  return accept(id, Number(since ?? 0), tries);
}

/** Sends messages that aren't known frames, and a snapshot whose rev is ten higher. */
function accept(id, since, tries) {
  const { 0: client, 1: socket } = new WebSocketPair();
  const rev = since + 10;
  socket.accept();
  socket.send("{ not JSON");
  socket.send(JSON.stringify({ event: "fireworks", rev }));
  socket.send(JSON.stringify({ event: "uploadProgress", rev, files: "none" }));
  const snapshot = { event: "snapshot", rev, batch: batch(id, rev), files: [], more: false };
  socket.send(JSON.stringify(snapshot));
  if (id === "cut" && tries === 1) setTimeout(() => socket.close(1012, "restart"), 50);
  if (id.startsWith("close-")) setTimeout(() => socket.close(Number(id.slice(6)), ""), 50);
  return new Response(null, { status: 101, webSocket: client });
}

function rateLimited() {
  const init = { status: 429, headers: { "Retry-After": "1" } };
  return Response.json({ code: "rate_limited", detail: "" }, init);
}

function batch(id, rev) {
  return { id, rev, state: "active", sealed: false, percentComplete: 0, totals: {} };
}

function refusedFile(id) {
  const file = { id, name: "n", path: null, size: 9, type: "", state: "failed", progress: 0 };
  return { ...file, receivedBytes: 0, attempts: 1, error: { code: "type_refused" } };
}
`;

export interface SocketServer {
  origin: string;
  stop: () => Promise<void>;
}

/** Starts a WebSocket server in workerd. */
export async function startSocketServer(): Promise<SocketServer> {
  const worker = { modules: true, script: SCRIPT, compatibilityDate: "2026-11-01" };
  const server = new Miniflare(convertV4MiniflareOptions(worker));
  const { origin } = await server.ready;
  return { origin, stop: () => server.dispose() };
}
