import { ORIGIN, type TestBatch } from "../testing/batch.ts";
import { FORM_TYPE, formBody, utf8 } from "../testing/multipart.ts";
import { GIF, PNG } from "../testing/samples.ts";

/** A request with placeholders for the values of a batch: `{batch}`, `{write}` and others. */
export interface Recording {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: Uint8Array | null;
}

const SHA256_OF_X = "sha-256=:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=:";
const WRITE = { Authorization: "Bearer {write}" };
const READ = { Authorization: "Bearer {read}" };
const JSON_BODY = { "Content-Type": "application/json", "Content-Length": "{length}" };
const BYTES = { ...WRITE, "Content-Length": "{length}", "Content-Digest": SHA256_OF_X };
const FORM = { "Content-Type": FORM_TYPE, "Content-Length": "{length}" };
const SOCKET = { Upgrade: "websocket", Connection: "Upgrade", Origin: ORIGIN };

const MANIFEST = {
  files: [
    { name: "a.svg", size: 8, type: "image/svg+xml", path: "one/a.svg", lastModified: 1.5 },
    {
      name: "ü 😀.txt",
      size: 0,
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    },
  ],
  metadata: { album: "sea", n: [1, { deep: null }] },
  sealed: false,
};

/** A bundle of one stored, two queued and one unknown file. */
const BUNDLE = formBody([
  { name: 0, bytes: "x", filename: "x.bin" },
  { name: 1, bytes: "x", headers: { "Content-Digest": SHA256_OF_X, "Content-Type": "text/plain" } },
  { name: 3, bytes: PNG, filename: "three.png" },
  { name: 9, bytes: "none" },
]);

const PLAIN_FORM = formBody([
  { name: "file", bytes: "hello", filename: "a.txt", headers: { "Content-Type": "text/plain" } },
  { name: "file", bytes: GIF, filename: 'b%22 "ü".gif' },
  { name: "note", bytes: "no file" },
]);

function recording(
  line: string,
  headers: Readonly<Record<string, string>> = WRITE,
  body: Uint8Array | string | null = null,
): Recording {
  const [method = "", path = ""] = line.split(" ");
  return { method, path, headers, body: typeof body === "string" ? utf8(body) : body };
}

const BATCH = "/v1/batches/{batch}";

/** Valid requests to every route. */
export const RECORDINGS: readonly Recording[] = [
  recording("GET /v1/health", {}),
  recording("GET /b/{batch}", {}),
  recording("OPTIONS /v1/batches", { Origin: ORIGIN, "Access-Control-Request-Method": "PUT" }),
  recording("GET /v1/batches", { Authorization: "Bearer {owner}" }),
  recording(
    "POST /v1/batches",
    { ...JSON_BODY, Authorization: "Bearer {owner}" },
    JSON.stringify(MANIFEST),
  ),
  recording("POST /v1/upload", FORM, PLAIN_FORM),
  recording(`GET ${BATCH}?since=0&wait=0`, { ...READ, "If-None-Match": '"1", W/"2"' }),
  recording(`PATCH ${BATCH}`, { ...WRITE, ...JSON_BODY }, '{"sealed":true}'),
  recording(
    `POST ${BATCH}/files`,
    { ...WRITE, ...JSON_BODY, "Idempotency-Key": "once" },
    JSON.stringify({ files: MANIFEST.files }),
  ),
  recording(`GET ${BATCH}/files?since=0&state=completed&after=0&limit=2`, READ),
  recording(`GET ${BATCH}/files/2?digests=true`, READ),
  recording(`GET ${BATCH}/files/0/content`, { ...READ, Range: "bytes=0-0", "If-Range": '"x"' }),
  recording(`GET ${BATCH}/files/0/content?token={read}`, {
    "If-None-Match": '"x"',
    "If-Match": "*",
    "If-Modified-Since": "Wed, 21 Oct 2015 07:28:00 GMT",
    "If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT",
  }),
  recording(`GET ${BATCH}/archive?ids=0,2-3,1`, { ...READ, Range: "bytes=0-99" }),
  recording(`POST ${BATCH}/bundle`, { ...WRITE, ...FORM }, BUNDLE),
  recording(`PUT ${BATCH}/files/1`, BYTES, "x"),
  recording(`PUT ${BATCH}/files/2/parts/2`, BYTES, "x"),
  recording(
    `PUT ${BATCH}/files/4`,
    { ...WRITE, "Content-Length": "{length}" },
    "<svg width='3' height='2'/>",
  ),
  recording(`POST ${BATCH}/retry`, { ...WRITE, ...JSON_BODY }, '{"files":[0,1,2]}'),
  recording(`DELETE ${BATCH}/files/1`),
  recording(`GET ${BATCH}/live?token={read}&since=1`, SOCKET),
  recording(`GET ${BATCH}/events?token={read}`, { "Last-Event-ID": "1" }),
];

/** Requests that end or pause a batch, after which most other requests are refused early. */
export const ENDINGS: readonly Recording[] = [
  recording(`POST ${BATCH}/pause`),
  recording(`POST ${BATCH}/resume`),
  recording(`POST ${BATCH}/cancel`),
  recording(`DELETE ${BATCH}`),
];

/** Removes non-ASCII bytes, for which `Headers` logs a warning. */
function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, "");
}

/** Returns the request for a batch; null if no client could send it. */
export function toRequest(recorded: Recording, { created }: TestBatch): Request | null {
  const { method, path, body } = recorded;
  const values: Record<string, string | undefined> = {
    batch: created.id,
    write: created.tokens.write,
    read: created.tokens.read,
    owner: created.tokens.owner,
    length: String(body?.length ?? 0),
  };
  const fill = (text: string) =>
    text.replaceAll(/\{(\w+)\}/gu, (whole, word: string) => values[word] ?? whole);
  const headers = Object.entries(recorded.headers).map(([name, value]) => [
    name,
    plain(fill(value)),
  ]);
  try {
    return new Request(`${ORIGIN}/${fill(path).slice(1)}`, { method, headers, body });
  } catch {
    return null;
  }
}
