import { createHash } from "node:crypto";
import * as v from "valibot";
import { signOperatorToken } from "../../worker/auth/operator-jwt.ts";
import { encodePng } from "./images.ts";
import type { Server } from "./server.ts";

const PNG = new Uint8Array(encodePng(3, 2, new Uint8Array(18)));
const PART_BYTES = 8 * 1024 * 1024;
const FILM = Buffer.alloc(9_000_000);
const FIRST_FILES = [
  {
    name: "photo.png",
    path: "trip/photo.png",
    size: PNG.length,
    type: "image/png",
    lastModified: 1_796_000_000_000,
    sha256: createHash("sha256").update(PNG).digest("hex"),
  },
  { name: "film.mov", size: FILM.length, type: "video/quicktime" },
];
const MORE_FILES = [
  { name: "note.txt", size: 6 },
  { name: "short.txt", size: 10 },
];

const Created = v.object({
  id: v.string(),
  tokens: v.object({ write: v.string(), owner: v.string() }),
});
const Owned = v.object({ owner: v.string() });
const Frame = v.looseObject({ event: v.optional(v.string()), files: v.optional(v.array(v.any())) });

/** Sends a request. Returns the JSON of the response. */
type Send = (call: string, body?: BodyInit | null, token?: string) => Promise<unknown>;

/** Returns a response of every call that responds with JSON, by the call, from one batch's whole course. */
export async function exampleResponses(server: Server): Promise<Record<string, unknown>> {
  const send = senderTo(server.origin);
  const files = JSON.stringify({ files: FIRST_FILES, sealed: false, metadata: { name: "Trip" } });
  const creation = await send("POST /v1/batches", files);
  const { id, tokens } = v.parse(Created, creation);
  const ofBatch: Send = (call, body = null) =>
    send(call.replace(" ", ` /v1/batches/${id}`), body, tokens.write);
  return {
    "POST /v1/batches": creation,
    ...(await uploads(ofBatch)),
    ...(await control(ofBatch)),
    "GET /v1/batches": await send("GET /v1/batches", null, tokens.owner),
    "POST /v1/upload": await send("POST /v1/upload", form({ f: "hello\n" }, { note: "no file" })),
    "GET /v1/limits": await send("GET /v1/limits"),
    "GET /v1/keys": await send("GET /v1/keys"),
    "GET /v1/health": await send("GET /v1/health"),
    ...(await operatorCalls(server, id)),
  };
}

async function uploads(send: Send): Promise<Record<string, unknown>> {
  const bundle = await send("POST /bundle", form({ 0: PNG, 9: "unknown" }));
  const events = framesOf(await send("GET /events"));
  const declared = await send("POST /files", JSON.stringify({ files: MORE_FILES }));
  const part = await send("PUT /files/1/parts/1", FILM.subarray(0, PART_BYTES));
  await send("PUT /files/1/parts/2", FILM.subarray(PART_BYTES));
  const file = await send("PUT /files/2", "hello\n");
  const problem = await send("PUT /files/3", "short");
  const parts = await send("GET /files/1?digests=true");
  const sealing = JSON.stringify({ sealed: true, metadata: { place: "Oslo" } });
  const changed = await send("PATCH ", sealing);
  return {
    "POST …/bundle": bundle,
    "POST …/files": declared,
    "PUT …/files/:file/parts/:part": part,
    "PUT …/files/:file": file,
    "an error": problem,
    "GET …/files/:file?digests=true": parts,
    "PATCH /v1/batches/:batch": changed,
    "GET /v1/batches/:batch": await send("GET "),
    "GET …/files": await send("GET /files"),
    ...(await events),
  };
}

async function control(send: Send): Promise<Record<string, unknown>> {
  const failed = JSON.stringify({ files: [3] });
  return {
    "POST …/retry": await send("POST /retry", failed),
    "POST …/pause": await send("POST /pause"),
    "POST …/resume": await send("POST /resume"),
    "POST …/cancel": await send("POST /cancel", failed),
    "DELETE …/files/:file": await send("DELETE /files/0"),
    "POST …/tokens": await send("POST /tokens"),
    ...(await receiptLines(send)),
  };
}

async function receiptLines(send: Send): Promise<Record<string, unknown>> {
  const lines = v.parse(v.array(v.unknown()), await send("GET /receipt"));
  return { "a line of GET …/receipt": lines[0], "the last line of GET …/receipt": lines.at(-1) };
}

async function operatorCalls(
  { origin, operatorSecret }: Server,
  batch: string,
): Promise<Record<string, unknown>> {
  const send = senderTo(origin);
  const token = await signOperatorToken(operatorSecret);
  const { owner } = v.parse(Owned, await send(`GET /v1/batches/${batch}`, null, token));
  const path = `/v1/operator/owners/${owner}`;
  return {
    "GET /v1/operator/owners/:owner": await send(`GET ${path}`, null, token),
    "PUT /v1/operator/owners/:owner": await send(`PUT ${path}`, '{"blocked": true}', token),
  };
}

function senderTo(origin: string): Send {
  return async (call, body = null, token = "") => {
    const [method = "", path = ""] = call.split(" ");
    const headers = new Headers(token === "" ? {} : { Authorization: `Bearer ${token}` });
    const response = await fetch(`${origin}${path}`, { method, body, headers });
    const type = response.headers.get("Content-Type");
    if (type?.startsWith("text/event-stream")) return response.body;
    if (type === "application/x-ndjson") return linesOf(await response.text());
    const json: unknown = await response.json();
    return json;
  };
}

function linesOf(text: string): unknown[] {
  return text
    .trim()
    .split("\n")
    .map((line) => v.parse(v.unknown(), JSON.parse(line)));
}

/** Returns a form with files, and with text fields. */
function form(
  files: Readonly<Record<string, BlobPart>>,
  texts: Readonly<Record<string, string>> = {},
): FormData {
  const made = new FormData();
  for (const [name, content] of Object.entries(files))
    made.append(name, new Blob([content]), `${name}.bin`);
  for (const [name, text] of Object.entries(texts)) made.append(name, text);
  return made;
}

/** Reads a stream of events to its end. Returns the first frame of each kind, with its first row. */
async function framesOf(stream: unknown): Promise<Record<string, unknown>> {
  if (!(stream instanceof ReadableStream)) throw new Error("There is no stream of events.");
  const lines = (await new Response(stream).text()).split("\n");
  const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
  const frames = data.map((json) => v.parse(Frame, JSON.parse(json)));
  const first: Record<string, unknown> = {};
  for (const { event, files, ...rest } of frames) {
    const rows = files && { files: files.slice(0, 1) };
    if (event !== undefined) first[event] ??= { event, ...rest, ...rows };
  }
  return first;
}
