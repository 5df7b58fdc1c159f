import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS } from "../protocol/index.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { exampleResponses } from "./support/example-responses.ts";
import { type Server, startServer } from "./support/server.ts";

const PAGE = new URL("../docs/protocol.md", import.meta.url);

let server: Server;
let page: string;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
  page = await readFile(PAGE, "utf8");
});

interface Schema {
  properties?: Record<string, unknown> | undefined;
  required?: string[] | undefined;
  anyOf?: Schema[] | undefined;
}

const Schema: v.GenericSchema<unknown, Schema> = v.object({
  properties: v.optional(v.record(v.string(), v.unknown())),
  required: v.optional(v.array(v.string())),
  anyOf: v.optional(v.array(v.lazy(() => Schema))),
});
const Document = v.object({ components: v.object({ schemas: v.record(v.string(), Schema) }) });

/** Returns the fields of a schema and of its alternatives, each with `?` if it may be absent. */
function fieldsOf({ properties = {}, required = [], anyOf = [] }: Schema): string[] {
  const own = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
  return [...new Set([...own, ...anyOf.flatMap(fieldsOf)])].toSorted();
}

/** Returns the fields in the tables of docs/protocol.md by the names of their objects. */
function listedFields(): Map<string, string[]> {
  const tables = page.matchAll(/^\| field of `(\w+)`[^\n]*\n\|[ |-]+\n((?:\|[^\n]*\n)+)/gmu);
  return new Map([...tables].map(([, name = "", rows = ""]) => [name, namesIn(rows)]));
}

function namesIn(rows: string): string[] {
  const cells = [...rows.matchAll(/^\| ([^|]*) \|/gmu)].map(([, cell]) => cell);
  const names = cells.join(" ").matchAll(/`(\w+)`(\??)/gu);
  return [...names].map(([, name, mark]) => `${name}${mark}`).toSorted();
}

describe("docs/protocol.md", () => {
  test("lists every field of every object in the OpenAPI document", async () => {
    const response = await fetch(`${server.origin}/v1/openapi.json`);
    const { schemas } = v.parse(Document, await response.json()).components;
    // Described as a `File` with one more field.
    const { SingleFile, ...others } = schemas;
    expect(Object.keys(SingleFile?.properties ?? {})).toEqual(
      expect.arrayContaining([...Object.keys(others["File"]?.properties ?? {}), "parts"]),
    );
    const expected = Object.entries(others).map(([name, schema]) => [name, fieldsOf(schema)]);
    const objects = expected.filter(([, fields = []]) => fields.length > 0);
    expect(Object.fromEntries(listedFields())).toEqual(Object.fromEntries(objects));
  });

  test("has an example of every response, with the fields and types of a real one", async () => {
    const examples = examplesIn(page);
    const responses = await exampleResponses(server);
    expect([...examples.keys()].toSorted()).toEqual(Object.keys(responses).toSorted());
    for (const [call, response] of Object.entries(responses))
      expect.soft({ [call]: shapeOf(examples.get(call)) }).toEqual({ [call]: shapeOf(response) });
  });
});

/** Returns the examples of responses by their calls. */
function examplesIn(text: string): Map<string, unknown> {
  const [, section = ""] = text.split("\n## Examples\n");
  const blocks = section.matchAll(/<summary>([^<]*)<\/summary>\n\n```json\n(.*?)^```$/gmsu);
  return new Map([...blocks].map(([, call = "", json = ""]) => [call, JSON.parse(json)]));
}

/** Replaces every value by its type, except for codes. */
function shapeOf(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value === "string") return Object.hasOwn(PROBLEMS, value) ? value : "string";
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}
