import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import {
  type CreatedBatch,
  type FileResource,
  LIMITS,
  type NewTokens,
} from "../../protocol/index.ts";
import { ORIGIN, readProblem, testFile, TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor, operatorToken } from "../testing/grants.ts";
import { formBody, formRequest } from "../testing/multipart.ts";
import { newToken } from "./tokens.ts";

/** An address of the Worker that no batch of these tests was created at. */
const OTHER = "https://other.test";
const PUBLIC_URL = "https://public.test";
/** A file in two parts. */
const LARGE = LIMITS.partBytes + 1;

/** Returns the addresses in all `links` of a response, and its `Location`. */
function linksOf(body: unknown, location: string | null = null): string[] {
  const found = location === null ? [] : [location];
  JSON.stringify(body, (key, value: unknown) => {
    if (key === "links") found.push(...Object.values(value ?? {}).map(String));
    return value;
  });
  return found;
}

/** Returns the origins of the links in a response, each once. */
async function originsIn(response: Response): Promise<string[]> {
  const links = linksOf(await response.json(), response.headers.get("Location"));
  return [...new Set(links.map((link) => new URL(link).origin))];
}

const CREATING = { method: "POST", body: JSON.stringify({ files: [{ name: "a", size: 1 }] }) };
const FORM = formRequest(formBody([{ name: "a", filename: "a", bytes: "a" }]));

/** Calls about a batch whose responses have links. */
const CALLS: [name: string, path: string, init?: RequestInit][] = [
  ["a batch", ""],
  ["a sealed batch", "", { method: "PATCH", body: '{"sealed":true}' }],
  ["a renamed batch", "", { method: "PATCH", body: '{"metadata":{"name":"a"}}' }],
  ["a paused batch", "/pause", { method: "POST" }],
  ["a resumed batch", "/resume", { method: "POST" }],
  ["a retried batch", "/retry", { method: "POST" }],
  ["a cancelled batch", "/cancel", { method: "POST" }],
  ["a batch with a cancelled file", "/cancel", { method: "POST", body: '{"files":[0]}' }],
  ["a page of files", "/files"],
  ["a file", "/files/0"],
  ["a file in parts", "/files/1"],
  ["a stored file", "/files/0", { method: "PUT", body: "four" }],
  ["a file that was stored before", "/files/2", { method: "PUT", body: "four" }],
  ["a stored part", "/files/1/parts/2", { method: "PUT", body: "x" }],
  ["a bundle", "/bundle", formRequest(formBody([{ name: 0, bytes: "four" }]))],
  ["a cancelled file", "/files/0", { method: "DELETE" }],
  ["new tokens", "/tokens", { method: "POST" }],
];

async function createBatch(): Promise<TestBatch> {
  const batch = await TestBatch.create([4, LARGE, 4].map(testFile));
  await batch.put(2, "four");
  return batch;
}

/** Sends one of these calls to another address of the Worker. */
function send(settings: object, batch: TestBatch, path: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${batch.created.tokens.write}`);
  return callWith(settings, `${OTHER}${batch.path}${path}`, { ...init, headers });
}

describe("links have the origin", () => {
  test.each(CALLS)("at which the batch was created: %s", async (_, path, init) => {
    const response = await send({}, await createBatch(), path, init);
    expect(await originsIn(response)).toEqual([ORIGIN]);
  });

  test.each(CALLS)("that the operator has set: %s", async (_, path, init) => {
    const response = await send({ PUBLIC_URL }, await createBatch(), path, init);
    expect(await originsIn(response)).toEqual([PUBLIC_URL]);
  });

  test.each([
    ["a batch", "/v1/batches", CREATING],
    ["a form", "/v1/upload", FORM],
  ])("of the call that creates %s, or the operator's", async (_, path, init) => {
    expect(await originsIn(await callWith({}, OTHER + path, init))).toEqual([OTHER]);
    expect(await originsIn(await callWith({ PUBLIC_URL }, OTHER + path, init))).toEqual([
      PUBLIC_URL,
    ]);
  });

  test("of the call that lists batches, or the operator's", async () => {
    const headers = bearer(await grantFor());
    await callWith({}, "/v1/batches", { ...CREATING, headers });
    const list = (settings: object) => callWith(settings, `${OTHER}/v1/batches`, { headers });
    expect(await originsIn(await list({}))).toEqual([OTHER]);
    expect(await originsIn(await list({ PUBLIC_URL }))).toEqual([PUBLIC_URL]);
  });

  test("at which the batch was created: a batch, for the operator", async () => {
    const { path } = await createBatch();
    const init = { headers: bearer(await operatorToken()) };
    expect(await originsIn(await callWith({}, OTHER + path, init))).toEqual([ORIGIN]);
  });

  test("of the call that lists an owner's batches for the operator", async () => {
    const owner = crypto.randomUUID();
    const headers = bearer(await grantFor({}, owner));
    await callWith({}, "/v1/batches", { ...CREATING, headers });
    const init = { headers: bearer(await operatorToken()) };
    const path = `${OTHER}/v1/operator/owners/${owner}`;
    expect(await originsIn(await callWith({}, path, init))).toEqual([OTHER]);
  });

  test("of the first call, in the response to a repeated one", async () => {
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const create = (origin: string) =>
      callWith({}, `${origin}/v1/batches`, { ...CREATING, headers });
    const first = await (await create(OTHER)).json();
    const repeated = await create(ORIGIN);
    expect(await repeated.json()).toEqual(first);
    expect(new URL(repeated.headers.get("Location") ?? "").origin).toBe(OTHER);
  });

  test("of the call, for a batch of a version that stored none", async () => {
    const id = crypto.randomUUID().replaceAll("-", "");
    const files = [testFile(4)];
    await env.BATCH.getByName(id).create({ id, metadata: {}, files, sealed: true });
    const headers = bearer(await newToken(env, { id }, "write"));
    for (const [path, init] of [
      ["/files"],
      ["/files/0"],
      ["/tokens", { method: "POST" }],
    ] as const) {
      const response = await callWith({}, `${OTHER}/v1/batches/${id}${path}`, { ...init, headers });
      expect(await originsIn(response)).toEqual([OTHER]);
    }
  });
});

test("headers of a client that name a host change no links", async () => {
  const headers = { "X-Forwarded-Host": "evil.test", Forwarded: "host=evil.test;proto=http" };
  const response = await callWith({}, "/v1/batches", { ...CREATING, headers });
  expect(await originsIn(response)).toEqual([ORIGIN]);
});

test("every link of a batch and a file is served", async () => {
  const { created } = await createBatch();
  const headers = bearer(created.tokens.read);
  const status = await callWith({}, created.links.self, { headers });
  expect(await status.json()).toMatchObject({ links: created.links });
  const { files } = await (
    await callWith({}, created.links.files, { headers })
  ).json<{
    files: FileResource[];
  }>();
  const { page, bundle, live, events, ...rest } = created.links;
  for (const link of [...Object.values(rest), ...Object.values(files[2]?.links ?? {})]) {
    const response = await callWith({}, link, { headers });
    await response.body?.cancel();
    expect([link, response.status]).toEqual([link, 200]);
  }
  expect((await callWith({}, live, { headers })).status).toBe(426);
  expect((await callWith({}, bundle, { headers, method: "POST" })).status).toBe(403);
  const stream = await callWith({}, `${events}?since=100000`, { headers });
  await stream.body?.cancel();
  expect(stream.status).toBe(200);
  expect(page).toBe(`${ORIGIN}/b/${created.id}`);
});

test("the origin of a batch is no field of its files and tokens", async () => {
  const batch = await createBatch();
  const files = await batch.filePage();
  const tokens = await (await batch.call("/tokens", { method: "POST" })).json<NewTokens>();
  for (const each of [
    await batch.status(),
    files,
    files.files[0],
    await batch.file(0),
    await batch.file(1),
    tokens,
  ]) {
    expect(each).not.toHaveProperty("origin");
  }
});

test.each([
  ["tallyman.test", "an origin such as"],
  ["https://tallyman.test/", "an origin such as"],
  ["https://tallyman.test/app", "an origin such as"],
  ["*", "an origin such as"],
  ["https://files.test", "another origin than CONTENT_ORIGIN"],
])("%j as PUBLIC_URL is an error of the configuration", async (url, allowed) => {
  const settings = { PUBLIC_URL: url, CONTENT_ORIGIN: "https://files.test" };
  const problem = await readProblem(await callWith(settings, "/v1/health"));
  expect(problem).toMatchObject({ status: 503, code: "not_configured" });
  expect(problem.detail).toContain(`Set PUBLIC_URL in wrangler.toml to ${allowed}`);
  expect(problem.detail).toMatch(new RegExp(`; it is "${RegExp.escape(url)}"\\.$`, "u"));
});

test("a file's content is at CONTENT_ORIGIN, and the file at PUBLIC_URL", async () => {
  const batch: CreatedBatch = (await createBatch()).created;
  const settings = { PUBLIC_URL, CONTENT_ORIGIN: "https://files.test" };
  const headers = bearer(batch.tokens.read);
  const path = `/v1/batches/${batch.id}/files/0`;
  const file = await (await callWith(settings, path, { headers })).json<FileResource>();
  expect(file.links).toEqual({
    self: PUBLIC_URL + path,
    content: `https://files.test${path}/content`,
  });
});
