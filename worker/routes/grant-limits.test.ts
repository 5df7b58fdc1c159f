import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { type CreatedBatch, LIMITS, type PlainUpload } from "../../protocol/index.ts";
import type { GrantLimits } from "../../protocol/schemas.ts";
import { call, type TestFile, readProblem, TestBatch } from "../testing/batch.ts";
import { bearer, grantWith } from "../testing/grants.ts";
import { FORM_TYPE, formBody, formRequest, type Part, utf8 } from "../testing/multipart.ts";
import { noise, PDF, PNG } from "../testing/samples.ts";

const file = (size: number, type?: string): TestFile => {
  return { name: `${size}-bytes`, size, ...(type !== undefined && { type }) };
};

async function batchOf(
  limits: GrantLimits,
  files: readonly TestFile[],
  rest: { sealed?: boolean } = {},
): Promise<TestBatch> {
  return TestBatch.create(files, { ...rest, grant: await grantWith(limits) });
}

const declare = (batch: TestBatch, files: readonly TestFile[]) =>
  batch.call("/files", { method: "POST", body: JSON.stringify({ files }) });

/** Returns each file's state, and its error's code if it has one. */
async function outcomes(batch: TestBatch): Promise<(string | undefined)[][]> {
  const files = await batch.files();
  return files.map(({ state, error }) => (error ? [state, error.code] : [state]));
}

async function keysUnder(prefix: string): Promise<string[]> {
  return (await env.BUCKET.list({ prefix })).objects.map(({ key }) => key);
}

const TOO_LARGE = ["failed", "too_large"];
const TYPE_REFUSED = ["failed", "type_refused"];

describe("the limits of a new batch", () => {
  test("combine those of the server and of the grant", async () => {
    const types = ["image/*", "application/pdf"];
    const limits = { maxFiles: 3, maxBytes: 100, maxFileBytes: 50, types, prefix: "a/" };
    const { created } = await batchOf(limits, []);
    const narrowed = { files: 3, bytes: 100, fileBytes: 50, types };
    expect(created.limits).toEqual({ ...LIMITS, ...narrowed });
  });

  test("never exceed those of the server", async () => {
    const { created } = await batchOf({ maxFiles: 1e6, maxFileBytes: 1e15 }, []);
    expect(created.limits).toEqual(LIMITS);
  });
});

describe("maxFiles", () => {
  test("refuses a batch created with more files", async () => {
    const body = JSON.stringify({ files: [file(1), file(1), file(1)] });
    const headers = bearer(await grantWith({ maxFiles: 2 }));
    const response = await call("/v1/batches", { method: "POST", body, headers });
    expect(await readProblem(response)).toMatchObject({ status: 413, code: "too_many_files" });
  });

  test("refuses a declaration that would exceed it, and declares none of its files", async () => {
    const batch = await batchOf({ maxFiles: 2 }, [file(1)], { sealed: false });
    const problem = await readProblem(await declare(batch, [file(1), file(1)]));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
    expect(problem.detail).toContain("at most 1 more");
    expect((await declare(batch, [file(1)])).status).toBe(201);
    expect(await batch.files()).toHaveLength(2);
  });
});

describe("maxFileBytes", () => {
  test("fails only the larger file, permanently", async () => {
    const batch = await batchOf({ maxFileBytes: 5 }, [file(5), file(6), file(0)]);
    expect(await outcomes(batch)).toEqual([["queued"], TOO_LARGE, ["queued"]]);
    expect((await batch.file(1)).error?.retryable).toBe(false);
    expect(await readProblem(await batch.put(1, "123456"))).toMatchObject({ code: "too_large" });
    await batch.bundle([
      { name: 0, bytes: "12345" },
      { name: 2, bytes: "" },
    ]);
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { failed: 1 } });
  });

  test("refuses a file with more bytes than declared", async () => {
    const batch = await batchOf({ maxFileBytes: 5 }, [file(5)]);
    expect(await readProblem(await batch.put(0, "123456"))).toMatchObject({
      code: "size_mismatch",
    });
    expect(await keysUnder(batch.id)).toEqual([]);
  });
});

describe("maxBytes", () => {
  test("fails files that would exceed it, and accepts smaller ones after them", async () => {
    const batch = await batchOf({ maxBytes: 10 }, [file(6), file(5), file(4), file(1), file(0)]);
    const fits = ["queued"];
    expect(await outcomes(batch)).toEqual([fits, TOO_LARGE, fits, TOO_LARGE, fits]);
  });

  test("counts files declared before, except cancelled ones", async () => {
    const batch = await batchOf({ maxBytes: 10 }, [file(6), file(3)], { sealed: false });
    await declare(batch, [file(4)]);
    await batch.call("/files/0", { method: "DELETE" });
    await declare(batch, [file(7), file(1)]);
    const fit = ["queued"];
    expect(await outcomes(batch)).toEqual([["cancelled"], fit, TOO_LARGE, fit, TOO_LARGE]);
  });
});

describe("types", () => {
  const IMAGES = { types: ["image/*"] };

  test("fail a file declared with another type, and queue one declared without a type", async () => {
    const declared = ["IMAGE/PNG", "image/jpeg; q=1", "text/html", "imagenary/png", ""];
    const batch = await batchOf(
      IMAGES,
      declared.map((type) => file(1, type)),
    );
    const [fits, fails] = [["queued"], TYPE_REFUSED];
    expect(await outcomes(batch)).toEqual([fits, fits, fails, fails, fits]);
  });

  test.each([
    ["another type", PDF, "image/png"],
    ["another type without a declared one", PDF, ""],
    ["an unknown type declared as a recognizable one", noise(100), "image/png"],
    ["an unknown type declared with parameters", noise(100), "IMAGE/PNG; a=b"],
    ["no type because it is empty", new Uint8Array(), "image/png"],
  ])("refuse a file, sent alone or in a bundle, of %s", async (_, bytes, type) => {
    const batch = await batchOf(IMAGES, [file(bytes.length, type), file(bytes.length, type)]);
    const problem = await readProblem(await batch.put(0, bytes));
    expect(problem).toMatchObject({ status: 415, code: "type_refused" });
    const { files } = await batch.bundle([{ name: 1, bytes }]);
    expect(files).toMatchObject([{ id: 1, error: { code: "type_refused", retryable: false } }]);
    expect(await outcomes(batch)).toEqual([TYPE_REFUSED, TYPE_REFUSED]);
    expect(await keysUnder(batch.id)).toEqual([]);
    await batch.call("/retry", { method: "POST" });
    expect(await batch.status()).toMatchObject({ state: "completed", totals: { failed: 2 } });
  });

  test.each([
    ["has one of them", ["application/pdf", "image/png"], PNG, "image/png"],
    ["has one of them but none declared", ["image/png"], PNG, ""],
    ["has one that cannot be detected", ["text/csv"], utf8("a,b"), "text/csv"],
    ["is an XML image", ["image/*"], utf8('<?xml version="1.0"?><svg/>'), "image/svg+xml"],
  ])("accept a file that %s", async (_, types, bytes, type) => {
    const batch = await batchOf({ types }, [file(bytes.length, type)]);
    expect((await batch.put(0, bytes)).status).toBe(200);
    expect(await batch.file(0)).toMatchObject({ state: "completed", type: type || "image/png" });
  });

  test("fail a file whose first part has another type, and abort its multipart upload", async () => {
    const { partBytes } = LIMITS;
    const batch = await batchOf(IMAGES, [file(partBytes * 2, "image/png")]);
    const send = (part: number, body: Uint8Array<ArrayBuffer>) =>
      batch.call(`/files/0/parts/${part}`, { method: "PUT", body });
    expect((await send(2, noise(partBytes))).status).toBe(200);
    const problem = await readProblem(await send(1, noise(partBytes)));
    expect(problem).toMatchObject({ status: 415, code: "type_refused" });
    expect(await outcomes(batch)).toEqual([TYPE_REFUSED]);
    expect(await readProblem(await send(1, noise(partBytes)))).toMatchObject({
      code: "type_refused",
    });
    await runDurableObjectAlarm(env.BATCH.getByName(batch.id));
    expect(await keysUnder(batch.id)).toEqual([]);
  });
});

test.each([
  ["an unknown image", noise(100), "image/x-unheard-of", false],
  ["an unknown film", noise(100), "video/x-unheard-of", false],
  ["a drawing", utf8('<svg width="1" height="1"/>'), "image/svg+xml", true],
  ["plain text", utf8("plain"), "text/plain", true],
])(
  "under a pattern, the declared type of %s counts only if it is known",
  async (_, bytes, type, fits) => {
    const kind = `${type.split("/", 1).join("")}/*`;
    const batch = await batchOf({ types: [kind] }, [file(bytes.length, type)]);
    expect((await batch.put(0, bytes)).status).toBe(fits ? 200 : 415);
    const named = await batchOf({ types: [type] }, [file(bytes.length, type)]);
    expect((await named.put(0, bytes)).status).toBe(200);
  },
);

describe("extensions", () => {
  const limits = { extensions: [".JPG", "tar.gz"] };

  test("are announced, and fail files whose name or path has another one", async () => {
    const names = ["a.jpg", "B.JPG", "c.tar.gz", "jpg", "d.gz", "e.jpg.exe", "f.jpg "];
    const files = [
      ...names.map((name) => ({ name, size: 1 })),
      { name: "g.jpg", path: "x/g.exe", size: 1 },
    ];
    const batch = await batchOf(limits, files);
    expect(batch.created.limits.extensions).toEqual(["jpg", "tar.gz"]);
    const [fits, fails] = [["queued"], TYPE_REFUSED];
    expect(await outcomes(batch)).toEqual([fits, fits, fits, fails, fails, fails, fails, fails]);
  });

  test("fail files of a form", async () => {
    const parts = ["a.jpg", "a.exe"].map((filename) => ({ name: "f", filename, bytes: "x" }));
    const grant = await grantWith(limits);
    const response = await call("/v1/upload", {
      ...formRequest(formBody(parts)),
      headers: { "Content-Type": FORM_TYPE, ...bearer(grant) },
    });
    const { files } = await response.json<PlainUpload>();
    expect(files.map(({ state }) => state)).toEqual(["completed", "failed"]);
  });
});

describe("wrongTypes", () => {
  test.each<[GrantLimits["wrongTypes"], declared: string, type: string]>([
    ["accept", "text/plain", "text/plain"],
    ["correct", "text/plain", "image/png"],
    [undefined, "text/plain", "image/png"],
    ["refuse", "IMAGE/X-PNG; a=b", "image/png"],
    ["refuse", "application/octet-stream", "image/png"],
    ["refuse", "", "image/png"],
  ])("%s: a PNG declared as %j becomes %j", async (wrongTypes, declared, type) => {
    const batch = await batchOf({ ...(wrongTypes && { wrongTypes }) }, [
      file(PNG.length, declared),
    ]);
    const stored = await (await batch.put(0, PNG)).json();
    expect(stored).toMatchObject({ state: "completed", type });
  });

  test("refuse: a PNG declared as text fails, and is not stored", async () => {
    const batch = await batchOf({ wrongTypes: "refuse" }, [file(PNG.length, "text/plain")]);
    const problem = await readProblem(await batch.put(0, PNG));
    expect(problem).toMatchObject({ status: 415, code: "type_refused" });
    expect([await outcomes(batch), await keysUnder(batch.id)]).toEqual([[TYPE_REFUSED], []]);
  });
});

describe("prefix", () => {
  test("precedes the keys of all objects of a batch", async () => {
    const { partBytes } = LIMITS;
    const large = noise(partBytes + 1);
    const declared = [file(2), file(3), file(large.length)];
    const batch = await batchOf({ prefix: "customers/42/" }, declared);
    await batch.put(0, "ab");
    await batch.bundle([{ name: 1, bytes: "abc" }]);
    for (const [part, body] of [large.slice(0, partBytes), large.slice(partBytes)].entries()) {
      await batch.call(`/files/2/parts/${part + 1}`, { method: "PUT", body });
    }
    const folder = `customers/42/${batch.id}/`;
    expect(await keysUnder(folder)).toEqual(
      declared.map(({ name }, id) => `${folder}${id}/${name}`),
    );
    expect(await keysUnder(batch.id)).toEqual([]);
    const content = await batch.call("/files/1/content");
    expect(await content.text()).toBe("abc");
    expect(JSON.stringify(await batch.files())).not.toContain("customers");
  });

  test("is respected when the batch or its alarm deletes objects", async () => {
    const [removed, cancelled] = [
      await batchOf({ prefix: "p/" }, [file(1), file(1)]),
      await batchOf({ prefix: "p/" }, [file(1), file(1)]),
    ];
    for (const batch of [removed, cancelled]) await batch.put(0, "x");
    await removed.call("", { method: "DELETE" });
    expect(await keysUnder(`p/${removed.id}/`)).toEqual([]);
    // The alarm deletes an object that arrives late, and keeps those of completed files.
    await env.BUCKET.put(`p/${cancelled.id}/1/late`, "x");
    await cancelled.call("/cancel", { method: "POST" });
    await runDurableObjectAlarm(env.BATCH.getByName(cancelled.id));
    await expect.poll(() => keysUnder(`p/${cancelled.id}/`)).toHaveLength(1);
    expect((await cancelled.file(0)).state).toBe("completed");
  });
});

describe("a plain form", () => {
  async function send(limits: GrantLimits, parts: readonly Part[]): Promise<Response> {
    const form = formRequest(formBody(parts.map((part) => ({ filename: "a", ...part }))));
    const headers = { ...form.headers, ...bearer(await grantWith(limits)) };
    return call("/v1/upload", { ...form, headers });
  }

  async function outcomesOf(response: Response) {
    const { files, batch } = await response.json<PlainUpload>();
    expect(batch.state).toBe("completed");
    return { id: batch.id, outcomes: files.map(({ state, error }) => error?.code ?? state) };
  }

  const typed = (bytes: Uint8Array | string, type: string): Part => {
    return { name: "a", bytes, headers: { "Content-Type": type } };
  };

  test("fails files that exceed the sizes, and stores none of them", async () => {
    const large = noise(LIMITS.partBytes + 1);
    const sizes = [3, 5, large.length, 4, 2, 0];
    const parts = sizes.map((size) => ({ name: "a", bytes: large.subarray(0, size) }));
    const response = await send({ maxFileBytes: 4, maxBytes: 8, prefix: "forms/" }, parts);
    const { id, outcomes: found } = await outcomesOf(response);
    const [fits, fails] = ["completed", "too_large"];
    expect(found).toEqual([fits, fails, fails, fits, fails, fits]);
    const names = (await keysUnder(`forms/${id}/`)).map((key) => key.split("/")[2]);
    expect(names).toEqual(["0", "3", "5"]);
  });

  test("fails files of other types, declared or detected", async () => {
    const parts = [typed(PNG, "image/png"), typed("x", "text/plain"), typed(PDF, "image/png")];
    const { id, outcomes: found } = await outcomesOf(await send({ types: ["image/png"] }, parts));
    expect(found).toEqual(["completed", "type_refused", "type_refused"]);
    expect(await keysUnder(id)).toEqual([`${id}/0/a`]);
  });

  test("does not count a file of another type towards maxBytes", async () => {
    const limits = { types: ["image/png"], maxBytes: PDF.length + PNG.length - 1 };
    const parts = [typed(PDF, "image/png"), typed(PNG, "image/png")];
    const { outcomes: found } = await outcomesOf(await send(limits, parts));
    expect(found).toEqual(["type_refused", "completed"]);
  });

  test("does not count a file whose content is invalid towards maxBytes", async () => {
    const broken = {
      ...typed("Kioq", "image/png"),
      headers: { "Content-Transfer-Encoding": "gzip" },
    };
    const wrong = { ...typed("xyz", "image/png"), headers: { "Content-Digest": "sha-256=" } };
    const parts = [broken, wrong, typed("1234", "text/plain")];
    const { outcomes: found } = await outcomesOf(await send({ maxBytes: 4 }, parts));
    expect(found).toEqual(["unsupported_encoding", "malformed_request", "completed"]);
  });

  test("refuses more files than maxFiles, and stores none of them", async () => {
    const part = { name: "a", bytes: "x" };
    const limits = { maxFiles: 2, prefix: `${crypto.randomUUID().slice(0, 8)}/` };
    const problem = await readProblem(await send(limits, [part, part, part, part]));
    expect(problem).toMatchObject({ status: 413, code: "too_many_files" });
    expect(await keysUnder(limits.prefix)).toEqual([]);
  });
});

describe("a grant with invalid limits is refused", () => {
  const long = `${"p".repeat(256)}/`;

  test.each([
    ["a number", 5, "limits must be an object"],
    ["a list", [], "limits must be an object"],
    ["null", null, "limits must be an object"],
    ["an unknown name", { maxFile: 3 }, "limits must be an object with maxFiles"],
    ["a count as a string", { maxFiles: "3" }, "maxFiles must be"],
    ["no files", { maxFiles: 0 }, "maxFiles must be"],
    ["a fraction of a byte", { maxBytes: 0.5 }, "maxBytes must be"],
    ["a negative size", { maxFileBytes: -1 }, "maxFileBytes must be"],
    ["a type outside an array", { types: "image/png" }, "types must be an array"],
    ["no types", { types: [] }, "at least one"],
    ["any type", { types: ["*/*"] }, "media types such as"],
    ["an invalid type", { types: ["png"] }, "media types such as"],
    ["a prefix with ..", { prefix: "a/../b/" }, "prefix must be folders"],
    ["a prefix with a hidden folder", { prefix: ".a/" }, "prefix must be folders"],
    ["an absolute prefix", { prefix: "/a/" }, "prefix must be folders"],
    ["a prefix without a final slash", { prefix: "a" }, "prefix must be folders"],
    ["a prefix with a space", { prefix: "a b/" }, "prefix must be folders"],
    ["a prefix that looks like a batch's folder", { prefix: `${"0".repeat(32)}/` }, "a batch's id"],
    ["a prefix of more than 256 characters", { prefix: long }, "at most 256 characters"],
  ])("%s", async (_, limits, detail) => {
    const headers = bearer(await grantWith(limits));
    for (const path of ["/v1/batches", "/v1/upload"]) {
      const problem = await readProblem(await call(path, { method: "POST", body: "{}", headers }));
      expect(problem).toMatchObject({ status: 401, code: "unauthorized" });
      expect(problem.detail).toContain(detail);
    }
  });

  test("but a grant without limits has those of the server", async () => {
    const headers = bearer(await grantWith({}));
    const response = await call("/v1/batches", { method: "POST", body: "{}", headers });
    expect((await response.json<CreatedBatch>()).limits).toEqual(LIMITS);
  });
});
