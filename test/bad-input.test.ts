import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { JSON_BODY_BYTES, LIMITS } from "../protocol/index.ts";
import { Signer } from "../worker/auth/jwt.ts";
import { formBody, formRequest } from "../worker/testing/multipart.ts";
import { expectTrueTally, readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";

let server: Server;
/** A batch with one stored and two queued files. No test may change it. */
let batch: TestBatch;
let rev: number;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
  batch = await TestBatch.create(server.origin, [4, 4, 4]);
  await batch.put(0, "four");
  ({ rev } = await batch.status());
});

afterEach(expectUnchanged);

async function expectUnchanged(): Promise<void> {
  const [first] = await expectTrueTally(batch);
  expect(first).toMatchObject({ state: "completed", progress: 100, attempts: 1 });
  expect(await batch.status()).toMatchObject({ rev, totals: { files: 3, queued: 2 } });
}

describe("invalid JSON", () => {
  const bodies: [name: string, body: BodyInit][] = [
    ["an empty body", ""],
    ["truncated JSON", '{"files": ['],
    ["invalid UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
    ["null", "null"],
    ["a list", "[]"],
    ["a number", "7"],
    ["files that are not a list", '{"files": {"0": {}}}'],
  ];

  test.each(bodies)(
    "is a malformed_request when creating a batch and adding files: %s",
    async (_, body) => {
      const created = await fetch(`${server.origin}/v1/batches`, { method: "POST", body });
      const added = await batch.call("/files", { method: "POST", body });
      for (const response of [created, added]) {
        const problem = { status: 400, code: "malformed_request" };
        expect(await readProblem(response)).toMatchObject(problem);
      }
    },
  );

  test.each([
    ["sealed is not a boolean", { sealed: "yes" }],
    ["metadata is a number", { metadata: 7 }],
    ["metadata is an empty list", { metadata: [] }],
    ["metadata is a list", { metadata: [7] }],
    ["metadata is too large", { metadata: { text: "x".repeat(20_000) } }],
    ["metadata has a prototype", '{"metadata":{"a":[{"__proto__":{}}]}}'],
    ["metadata is nested too deeply", `{"metadata":{"a":${"[".repeat(33)}${"]".repeat(33)}}}`],
    [
      "metadata is nested a million times",
      `{"metadata":{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}}`,
    ],
  ])("is a malformed_request when creating a batch: %s", async (_, body) => {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${server.origin}/v1/batches`, { method: "POST", body: sent });
    expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_request" });
  });

  test.each(["{}", '{"sealed": false}', '{"sealed": 1}'])(
    "is a malformed_request when sealing: %s",
    async (body) => {
      const response = await batch.call("", { method: "PATCH", body });
      expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_request" });
    },
  );

  test.each([[[-1]], [["0"]], [{}], [Array.from({ length: 10_001 }, () => 0)]])(
    "is a malformed_request when retrying",
    async (files) => {
      const response = await batch.call("/retry", {
        method: "POST",
        body: JSON.stringify({ files }),
      });
      expect(await readProblem(response)).toMatchObject({ status: 400, code: "malformed_request" });
    },
  );

  test.each([
    ["/files", { files: [{ name: "a", size: 1 }] }, LIMITS.declareBytes],
    ["/retry", { files: [] }, JSON_BODY_BYTES],
    ["", { sealed: true }, JSON_BODY_BYTES],
  ])("is too_large with more than the limit of %s", async (path, value, limit) => {
    const body = JSON.stringify(value);
    const other = await TestBatch.create(server.origin, []);
    const method = path === "" ? "PATCH" : "POST";
    const call = (length: number) => other.call(path, { method, body: body.padEnd(length) });
    expect(await readProblem(await call(limit + 1))).toMatchObject({
      status: 413,
      code: "too_large",
    });
    expect((await call(limit)).ok).toBe(true);
  });

  test.each([
    ["empty arrays", '{"files":[]', ",[]"],
    ["nested arrays", '{"files":[]', ",[[[[]]]]"],
    ["empty objects", '{"files":[]', ",{}"],
    ["numbers", '{"files":[],"metadata":[0', ",0"],
    ["keys", '{"a":0', ',"":0'],
  ])("is refused before it is parsed when it has too many values: %s", async (_, start, value) => {
    const other = await TestBatch.create(server.origin, [4]);
    const body = start + value.repeat((LIMITS.declareBytes - start.length) / value.length);
    const response = await other.call("/files", { method: "POST", body });
    // These bodies are not even JSON, but their values are counted first.
    const { code, detail } = await readProblem(response);
    expect([code, detail]).toEqual(["malformed_request", expect.stringContaining("200000 values")]);
  });

  test("a retry may list every file, each on its own line", async () => {
    const files = Array.from({ length: LIMITS.files }, (__, id) => id);
    const body = JSON.stringify({ files }, null, 8);
    expect((await batch.call("/retry", { method: "POST", body })).status).toBe(200);
  });
});

describe("declared files", () => {
  const add = (files: unknown[]) =>
    batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });
  const good = { name: "good", size: 1 };

  test.each<[name: string, entry: unknown, detail: RegExp]>([
    ["a string for an object", "file.txt", /object/u],
    ["no name", { size: 1 }, /name/u],
    ["a number for a name", { name: 7, size: 1 }, /name/u],
    ["an empty name", { name: "", size: 1 }, /empty/u],
    ["a name with ..", { name: "../../etc/passwd", size: 1 }, /"\.\."/u],
    ["a name with .. and a backslash", { name: "..\\boot.ini", size: 1 }, /"\.\."/u],
    ["a path with ..", { name: "a", path: "a/../../b", size: 1 }, /path/u],
    ["a name with a line break", { name: "a\nb", size: 1 }, /control/u],
    ["a name with a NUL", { name: "a\u0000.png", size: 1 }, /control/u],
    ["a name with an escape", { name: "\u001b[2J", size: 1 }, /control/u],
    ["a name of 2,000 characters", { name: "x".repeat(2000), size: 1 }, /1024/u],
    ["half of a surrogate pair", { name: "\ud83d", size: 1 }, /Unicode/u],
    ["no size", { name: "a" }, /size/u],
    ["a string for a size", { name: "a", size: "1" }, /size/u],
    ["a negative size", { name: "a", size: -1 }, /negative/u],
    ["a fractional size", { name: "a", size: 1.5 }, /whole/u],
    ["a size that is not a safe integer", { name: "a", size: 2 ** 60 }, /whole/u],
    ["an invalid type", { name: "a", size: 1, type: "picture" }, /type/u],
    ["a type with a line break", { name: "a", size: 1, type: "a/b\r\nX: y" }, /type/u],
    ["an invalid digest", { name: "a", size: 1, sha256: "abc" }, /sha256/u],
  ])(
    "with %s are all refused, and the problem names the entry and the reason",
    async (_, entry, detail) => {
      const problem = await readProblem(await add([good, entry, good]));
      expect(problem).toMatchObject({ status: 422, code: "invalid_files" });
      expect(problem.errors).toEqual([{ index: 1, detail: expect.stringMatching(detail) }]);
    },
  );

  test("are all refused if there are more than 10,000", async () => {
    const problem = await readProblem(await add(Array.from({ length: 10_001 }, () => good)));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
  });

  test("are all refused if the batch would have more than 10,000", async () => {
    const problem = await readProblem(await add(Array.from({ length: 9998 }, () => good)));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
    expect(problem.detail).toContain("9997");
  });

  test("are refused after the batch is sealed", async () => {
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

  test.each(names.map((name) => [name.slice(0, 30), name]))(
    "may have the name %s",
    async (_, name) => {
      const own = await TestBatch.create(server.origin, [{ name, size: 4 }]);
      const sent = await own.call("/files/0", { method: "PUT", body: "four" });
      expect(await sent.json()).toMatchObject({ name, state: "completed" });
      const content = await own.call("/files/0/content");
      expect(await content.text()).toBe("four");
      const named = content.headers.get("Content-Disposition") ?? "";
      expect(decodeURIComponent(named.split("UTF-8''")[1] ?? "")).toBe(name);
      await expectTrueTally(own);
    },
  );

  test("may be empty", async () => {
    const own = await TestBatch.create(server.origin, [0]);
    const parts = [{ name: 0, bytes: "" }];
    const response = await own.call("/bundle", formRequest(formBody(parts)));
    expect(await response.json()).toMatchObject({
      files: [{ id: 0, state: "completed", progress: 100 }],
    });
    const content = await own.call("/files/0/content");
    expect([content.status, await content.text()]).toEqual([200, ""]);
    await expectTrueTally(own);
  });
});

describe("a token", () => {
  const expires = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const signed = (secret: string, seconds: number) =>
    new Signer([secret]).sign("write", { batch: batch.created.id }, expires(seconds));

  test.each<[string, number, string, () => Promise<string>]>([
    ["missing", 401, "unauthorized", async () => ""],
    ["invalid", 401, "unauthorized", async () => "made-up"],
    ["expired", 401, "unauthorized", () => signed(server.secret, -1)],
    ["signed with another secret", 401, "unauthorized", () => signed("elsewhere", 60)],
    [
      "tampered with",
      401,
      "unauthorized",
      async () =>
        batch.created.tokens.write.replace(/\.(.)/u, (_, first) => `.${first === "e" ? "f" : "e"}`),
    ],
    ["read-only", 403, "forbidden", async () => batch.created.tokens.read],
    [
      "for another batch",
      403,
      "forbidden",
      async () => (await TestBatch.create(server.origin, [4])).created.tokens.write,
    ],
  ])("that is %s uploads nothing", async (_, status, code, tokenOf) => {
    const token = await tokenOf();
    const parts = [{ name: 1, bytes: "four" }];
    const bundle = await batch.call("/bundle", formRequest(formBody(parts)), token);
    const put = await batch.call("/files/1", { method: "PUT", body: "four" }, token);
    for (const response of [bundle, put]) {
      expect(await readProblem(response)).toMatchObject({ status, code });
    }
  });
});

describe("a WebSocket", () => {
  /** Requests an upgrade, and returns the response that refuses it. */
  async function refusal(path: string): Promise<{ status: number | undefined; body: unknown }> {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const upgrade = request(`${server.origin}${path}`, { headers }).end();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      upgrade.on("response", resolve).on("error", reject);
    });
    return { status: response.statusCode, body: JSON.parse(await text(response)) };
  }

  test("without a token is refused with 401", async () => {
    const { status, body } = await refusal(`${batch.path}/live`);
    expect([status, body]).toEqual([401, expect.objectContaining({ code: "unauthorized" })]);
  });

  test("with a token for another batch is refused with 403", async () => {
    const other = await TestBatch.create(server.origin, [4]);
    const path = `${batch.path}/live?token=${other.created.tokens.read}`;
    const { status, body } = await refusal(path);
    expect([status, body]).toEqual([403, expect.objectContaining({ code: "forbidden" })]);
  });

  test.each(["no-id", "0".repeat(32)])(
    "to an unknown batch is refused with 404: %s",
    async (id) => {
      const expires = Math.floor(Date.now() / 1000) + 60;
      const token = await new Signer([server.secret]).sign("read", { batch: id }, expires);
      const { status, body } = await refusal(`/v1/batches/${id}/live?token=${token}`);
      expect([status, body]).toEqual([404, expect.objectContaining({ code: "batch_not_found" })]);
    },
  );

  test.each(["garbage", '{"event":"snapshot"}', new Uint8Array(100_000)])(
    "that sends an unknown message is closed with 1008",
    async (message) => {
      // The address gets no other socket of this batch.
      const loud = await TestBatch.create(server.origin, [4]);
      const { links, tokens } = loud.created;
      const address = `${links.live.replace("http", "ws")}?token=${tokens.read}`;
      const socket = new WebSocket(address);
      await once(socket, "open");
      socket.send(message);
      const [closed] = await once(socket, "close");
      expect(closed).toMatchObject({ code: 1008 });
    },
  );
});

test("the stored file is unchanged after all tests", async () => {
  const content = await batch.call("/files/0/content");
  expect(await content.text()).toBe("four");
});
