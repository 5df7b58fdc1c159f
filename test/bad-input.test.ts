import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { sign } from "hono/jwt";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { JSON_BODY_BYTES, DECLARE_JSON_BYTES, LIMITS } from "../protocol/index.ts";
import { formBody, formRequest } from "../worker/testing/multipart.ts";
import { expectTrueTally, readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
/** A file that is stored, and two that are to come: nothing in here may change it. */
let batch: TestBatch;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
  batch = await TestBatch.create(server.origin, [4, 4, 4]);
  await batch.call("/files/0", { method: "PUT", body: "kept" });
});

afterEach(expectNothingNew);

async function expectNothingNew(): Promise<void> {
  const [first] = await expectTrueTally(batch);
  expect(first).toMatchObject({ state: "completed", progress: 100, attempts: 1 });
  expect(await batch.status()).toMatchObject({ rev: 2, totals: { files: 3, queued: 2 } });
}

describe("JSON that cannot be taken", () => {
  const bodies: [what: string, body: BodyInit][] = [
    ["none", ""],
    ["half of it", '{"files": ['],
    ["no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "7"],
    ["files that are no list", '{"files": {"0": {}}}'],
  ];

  test.each(bodies)("is a malformed_request, to create and to add: %s", async (_, body) => {
    const created = await fetch(`${server.origin}/v1/batches`, { method: "POST", body });
    const added = await batch.call("/files", { method: "POST", body });
    for (const answer of [created, added]) {
      const problem = { status: 400, code: "malformed_request" };
      expect(await readProblem(answer)).toMatchObject(problem);
    }
  });

  test.each([
    ["sealed that is no boolean", { sealed: "yes" }],
    ["metadata that is no object", { metadata: 7 }],
    ["metadata that is a list", { metadata: [] }],
    ["metadata that is a list of something", { metadata: [7] }],
    ["metadata beyond its bounds", { metadata: { text: "x".repeat(20_000) } }],
    ["metadata beyond its depth", `{"metadata":{"a":${"[".repeat(33)}${"]".repeat(33)}}}`],
    ["metadata of nothing but depth", `{"metadata":{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}}`],
  ])("is a malformed_request, to create: %s", async (_, body) => {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${server.origin}/v1/batches`, { method: "POST", body: sent });
    expect(await readProblem(answer)).toMatchObject({ status: 400, code: "malformed_request" });
  });

  test.each(["{}", '{"sealed": false}', '{"sealed": 1}'])(
    "is a malformed_request, to seal: %s",
    async (body) => {
      const answer = await batch.call("", { method: "PATCH", body });
      expect(await readProblem(answer)).toMatchObject({ status: 400, code: "malformed_request" });
    },
  );

  test.each([[[-1]], [["0"]], [{}], [Array.from({ length: 10_001 }, () => 0)]])(
    "is a malformed_request, to retry",
    async (files) => {
      const answer = await batch.call("/retry", {
        method: "POST",
        body: JSON.stringify({ files }),
      });
      expect(await readProblem(answer)).toMatchObject({ status: 400, code: "malformed_request" });
    },
  );

  test.each([
    ["to declare", "POST", "/files", DECLARE_JSON_BYTES],
    ["to retry", "POST", "/retry", JSON_BODY_BYTES],
    ["to seal", "PATCH", "", JSON_BODY_BYTES],
  ])("is too_large, %s, beyond what it may need", async (_, method, path, most) => {
    const body = '{"files": [], "sealed": true}';
    const other = await TestBatch.create(server.origin, [4]);
    const call = (length: number) => other.call(path, { method, body: body.padEnd(length) });
    expect(await readProblem(await call(most + 1))).toMatchObject({
      status: 413,
      code: "too_large",
    });
    expect((await call(most)).ok).toBe(true);
  });

  test("may name every file to retry, each on a line of its own", async () => {
    const files = Array.from({ length: LIMITS.files }, (__, id) => id);
    const body = JSON.stringify({ files }, null, 8);
    expect((await batch.call("/retry", { method: "POST", body })).status).toBe(200);
  });
});

describe("declared files", () => {
  const add = (files: unknown[]) =>
    batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });
  const good = { name: "good", size: 1 };

  test.each<[what: string, entry: unknown, detail: RegExp]>([
    ["no object", "file.txt", /object/u],
    ["no name", { size: 1 }, /name/u],
    ["a name that is no text", { name: 7, size: 1 }, /name/u],
    ["an empty name", { name: "", size: 1 }, /empty/u],
    ["a name that climbs", { name: "../../etc/passwd", size: 1 }, /"\.\."/u],
    ["a name that climbs on Windows", { name: "..\\boot.ini", size: 1 }, /"\.\."/u],
    ["a path that climbs", { name: "a", path: "a/../../b", size: 1 }, /path/u],
    ["a name with a line break", { name: "a\nb", size: 1 }, /control/u],
    ["a name with a NUL", { name: "a\u0000.png", size: 1 }, /control/u],
    ["a name with an escape", { name: "\u001b[2J", size: 1 }, /control/u],
    ["a name of 2,000 characters", { name: "x".repeat(2000), size: 1 }, /1024/u],
    ["half of a surrogate pair", { name: "\ud83d", size: 1 }, /Unicode/u],
    ["no size", { name: "a" }, /size/u],
    ["a size that is text", { name: "a", size: "1" }, /size/u],
    ["a negative size", { name: "a", size: -1 }, /negative/u],
    ["a fractional size", { name: "a", size: 1.5 }, /whole/u],
    ["a size beyond what numbers count", { name: "a", size: 2 ** 60 }, /whole/u],
    ["a type that is none", { name: "a", size: 1, type: "picture" }, /type/u],
    ["a type with a header in it", { name: "a", size: 1, type: "a/b\r\nX: y" }, /type/u],
    ["a digest that is none", { name: "a", size: 1, sha256: "abc" }, /sha256/u],
  ])("with %s are refused whole, and the answer says which and why", async (_, entry, detail) => {
    const problem = await readProblem(await add([good, entry, good]));
    expect(problem).toMatchObject({ status: 422, code: "invalid_files" });
    expect(problem.errors).toEqual([{ index: 1, detail: expect.stringMatching(detail) }]);
  });

  test("are 10,000 at most: of 10,001 none is declared", async () => {
    const problem = await readProblem(await add(Array.from({ length: 10_001 }, () => good)));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
  });

  test("are 10,000 at most, however many calls declare them", async () => {
    const problem = await readProblem(await add(Array.from({ length: 9998 }, () => good)));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
    expect(problem.detail).toContain("9997");
  });

  test("come too late when the batch is sealed", async () => {
    const sealed = await TestBatch.create(server.origin, [4]);
    await sealed.seal();
    const init = { method: "POST", body: JSON.stringify({ files: [good] }) };
    const problem = await readProblem(await sealed.call("/files", init));
    expect(problem).toMatchObject({ status: 409, code: "batch_sealed" });
    expect(await expectTrueTally(sealed)).toHaveLength(1);
  });
});

describe("a file", () => {
  const names = [
    "🎉🏳️‍🌈.png",
    "مرحبا.txt",
    "\u202eexe.gnp",
    "日本語/ファイル.txt",
    "a".repeat(1024),
    " ",
    "CON",
    "%00",
    "'; DROP TABLE files; --",
  ];

  test.each(names.map((name) => [name.slice(0, 30), name]))("may be called %s", async (_, name) => {
    const own = await TestBatch.create(server.origin, [{ name, size: 4 }]);
    const sent = await own.call("/files/0", { method: "PUT", body: "four" });
    expect(await sent.json()).toMatchObject({ name, state: "completed" });
    const content = await own.call("/files/0/content");
    expect(await content.text()).toBe("four");
    const named = content.headers.get("Content-Disposition") ?? "";
    expect(decodeURIComponent(named.split("UTF-8''")[1] ?? "")).toBe(name);
    await expectTrueTally(own);
  });

  test("may have no bytes", async () => {
    const own = await TestBatch.create(server.origin, [0]);
    const parts = [{ name: 0, bytes: "" }];
    const answer = await own.call("/bundle", formRequest(formBody(parts)));
    expect(await answer.json()).toMatchObject({ files: [[0, "completed", 100, 0, null]] });
    const content = await own.call("/files/0/content");
    expect([content.status, await content.text()]).toEqual([200, ""]);
    await expectTrueTally(own);
  });
});

describe("a token", () => {
  const expires = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const signed = (secret: string, seconds: number) =>
    sign({ batch: batch.created.id, scope: "write", exp: expires(seconds) }, secret, "HS256");

  test.each<[string, number, string, () => Promise<string>]>([
    ["missing", 401, "unauthorized", async () => ""],
    ["made up", 401, "unauthorized", async () => "made-up"],
    ["expired", 401, "unauthorized", () => signed(server.secret, -1)],
    ["signed elsewhere", 401, "unauthorized", () => signed("elsewhere", 60)],
    [
      "tampered with",
      401,
      "unauthorized",
      async () =>
        batch.created.tokens.write.replace(/\.(.)/u, (_, first) => `.${first === "e" ? "f" : "e"}`),
    ],
    ["for reading only", 403, "forbidden", async () => batch.created.tokens.read],
    [
      "another batch's",
      403,
      "forbidden",
      async () => (await TestBatch.create(server.origin, [4])).created.tokens.write,
    ],
  ])("that is %s sends nothing", async (_, status, code, tokenOf) => {
    const token = await tokenOf();
    const parts = [{ name: 1, bytes: "four" }];
    const bundle = await batch.call("/bundle", formRequest(formBody(parts)), token);
    const put = await batch.call("/files/1", { method: "PUT", body: "four" }, token);
    for (const answer of [bundle, put]) {
      expect(await readProblem(answer)).toMatchObject({ status, code });
    }
  });
});

describe("a WebSocket", () => {
  /** The answer to an upgrade that is refused. */
  async function refusal(path: string): Promise<{ status: number | undefined; body: unknown }> {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const asked = request(`${server.origin}${path}`, { headers }).end();
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.on("response", resolve).on("error", reject);
    });
    return { status: answer.statusCode, body: JSON.parse(await text(answer)) };
  }

  test("without a token is 401", async () => {
    const { status, body } = await refusal(batch.created.links.live);
    expect([status, body]).toEqual([401, expect.objectContaining({ code: "unauthorized" })]);
  });

  test("with another batch's token is 403", async () => {
    const other = await TestBatch.create(server.origin, [4]);
    const path = `${batch.created.links.live}?token=${other.created.tokens.read}`;
    const { status, body } = await refusal(path);
    expect([status, body]).toEqual([403, expect.objectContaining({ code: "forbidden" })]);
  });

  test.each(["no-id", "0".repeat(32)])("to an unknown batch is 404: %s", async (id) => {
    const claims = { batch: id, scope: "read", exp: Math.floor(Date.now() / 1000) + 60 };
    const token = await sign(claims, server.secret, "HS256");
    const { status, body } = await refusal(`/v1/batches/${id}/live?token=${token}`);
    expect([status, body]).toEqual([404, expect.objectContaining({ code: "batch_not_found" })]);
  });

  test.each(["garbage", '{"event":"snapshot"}', new Uint8Array(100_000)])(
    "that says what nobody asked is closed with 1008",
    async (said) => {
      const { links, tokens } = batch.created;
      const address = `${server.origin.replace("http", "ws")}${links.live}?token=${tokens.read}`;
      const socket = new WebSocket(address);
      await once(socket, "open");
      socket.send(said);
      const [closed] = await once(socket, "close");
      expect(closed).toMatchObject({ code: 1008 });
    },
  );
});

test("after all this, what was stored is stored", async () => {
  const content = await batch.call("/files/0/content");
  expect(await content.text()).toBe("kept");
});
