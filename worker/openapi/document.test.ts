import { describe, expect, test } from "vitest";
import { app } from "../app.ts";
import { call, ORIGIN, TestBatch } from "../testing/batch.ts";
import { requireDocumented, schemaDifferences } from "../testing/documented.ts";
import { openapiDocument } from "./document.ts";
import { OPERATIONS } from "./operations.ts";

/** Returns every value of a property in a JSON value, however deep. */
function valuesOf(property: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === property ? [inner] : valuesOf(property, inner),
  );
}

describe("the OpenAPI document", () => {
  test("has every call of the app", () => {
    const calls = app.routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
      .map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(OPERATIONS).toSorted()).toEqual([...new Set(calls)].toSorted());
  });

  test("has one name for each call, and a schema for each reference", async () => {
    const document = await openapiDocument();
    const names = valuesOf("operationId", document);
    expect(new Set(names).size).toBe(Object.keys(OPERATIONS).length);
    const schemas = Object.keys(document.components?.schemas ?? {});
    const references = valuesOf("$ref", document);
    expect(references).toContain("#/components/schemas/File");
    const known = new Set<unknown>(schemas.map((name) => `#/components/schemas/${name}`));
    expect(references.filter((reference) => !known.has(reference))).toEqual([]);
  });

  test("is served to anyone, and not sent again while it is the same", async () => {
    const response = await call("/v1/openapi.json");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(await openapiDocument())));
    expect(response.headers.get("Cache-Control")).toMatch(/^public, max-age=/u);
    const etag = response.headers.get("ETag") ?? "";
    expect((await call("/v1/openapi.json", { headers: { "If-None-Match": etag } })).status).toBe(
      304,
    );
  });

  test("describes the entries of a declaration", async () => {
    const { components } = await openapiDocument();
    expect(components?.schemas).toMatchObject({
      FileDeclaration: { required: ["name", "size"], properties: { size: { type: "integer" } } },
    });
  });

  test("describes a row as a tuple, as OpenAPI 3.1 requires", async () => {
    const document = await openapiDocument();
    expect(valuesOf("items", document).filter((items) => Array.isArray(items))).toEqual([]);
    expect(document.components?.schemas?.["Row"]).toMatchObject({
      prefixItems: [{}, {}, {}, {}, {}],
      minItems: 5,
    });
  });

  test("describes bytes and forms so that generated clients take files", async () => {
    const { paths } = await openapiDocument();
    const bytes = { type: "string", format: "binary" };
    const file = paths["/v1/batches/{batch}/files/{file}"]?.put?.requestBody;
    expect(file).toMatchObject({ content: { "application/octet-stream": { schema: bytes } } });
    const form = { schema: { type: "object", additionalProperties: bytes } };
    for (const path of ["/v1/batches/{batch}/bundle", "/v1/upload"]) {
      const content = { "multipart/form-data": form };
      expect(paths[path]?.post?.requestBody).toMatchObject({ content });
    }
    const download = paths["/v1/batches/{batch}/files/{file}/content"]?.get?.responses;
    expect(download?.["200"]).toMatchObject({ content: { "*/*": { schema: bytes } } });
  });

  test("describes every frame", async () => {
    const batch = await TestBatch.create([1], { sealed: false });
    const watcher = await batch.watch();
    await batch.put(0, "1");
    await batch.seal();
    await watcher.next("uploadCompleted");
    const events = new Set(watcher.frames.map(({ event }) => event));
    expect(events.size).toBe(4);
    expect(watcher.frames.flatMap((frame) => schemaDifferences("Frame", frame))).toEqual([]);
    const wrong = { event: "batch", rev: 1, batch: {} };
    expect(schemaDifferences("Frame", wrong)).not.toEqual([]);
  });

  test("lets metadata have any field", async () => {
    const { paths } = await openapiDocument();
    const properties = { metadata: { type: "object", additionalProperties: {} } };
    const content = { "application/json": { schema: { properties } } };
    const batch = paths["/v1/batches/{batch}"];
    expect(paths["/v1/batches"]?.post?.requestBody).toMatchObject({ content });
    expect(batch?.patch?.requestBody).toMatchObject({ content });
  });
});

describe("a call that differs from the document is found, as it has", () => {
  const url = (path: string) => new URL(path, ORIGIN);
  const json = (value: unknown, status = 200) => Response.json(value, { status });
  const health = { ok: true, version: "1" };

  test.each<[string, path: string, Response, RegExp]>([
    ["another field", "/v1/health", json({ ...health, extra: 1 }), /extra/u],
    ["no such field", "/v1/health", json({ ok: true }), /version/u],
    ["another type", "/v1/health", json({ ...health, version: 1 }), /version/u],
    ["another status", "/v1/health", json(health, 201), /status 201/u],
    ["another query", "/v1/health?deep=1", json(health), /query deep/u],
    ["another path", "/v1/nowhere", json(health), /not in the document/u],
  ])("%s", async (_difference, path, response, message) => {
    await expect(requireDocumented(url(path), {}, response)).rejects.toThrow(message);
  });

  test("another body", async () => {
    const batch = await TestBatch.create([1]);
    const init = { method: "POST", body: '{"files":["0"]}' };
    const path = url(`/v1/batches/${batch.id}/retry`);
    const response = Response.json(await batch.status());
    await expect(requireDocumented(path, init, response)).rejects.toThrow(/files/u);
  });
});
