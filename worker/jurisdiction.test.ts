import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { CreatedBatch } from "../protocol/index.ts";
import { inJurisdiction, OwnerClient } from "../durable-objects/index.ts";
import { readProblem } from "./testing/batch.ts";
import { callWith } from "./testing/call-with.ts";
import { bearer, operatorToken } from "./testing/grants.ts";
import { formBody, formRequest } from "./testing/multipart.ts";

/**
 * Returns a namespace whose objects can be reached in one jurisdiction only. workerd has none of its own,
 * so this stands in for the platform's: all objects are in the same place.
 */
function withJurisdiction<T extends Rpc.DurableObjectBranded | undefined>(
  namespace: DurableObjectNamespace<T>,
  calls: unknown[],
): DurableObjectNamespace<T> {
  return new Proxy(namespace, {
    get(_, name) {
      if (name !== "jurisdiction") throw new Error(`${String(name)} outside the jurisdiction`);
      return (jurisdiction: unknown) => {
        calls.push(jurisdiction);
        return namespace;
      };
    },
  });
}

function restrictedTo(JURISDICTION: string) {
  const batches: unknown[] = [];
  const owners: unknown[] = [];
  const bindings = {
    JURISDICTION,
    BATCH: withJurisdiction(env.BATCH, batches),
    OWNER: withJurisdiction(env.OWNER, owners),
  };
  return { bindings, batches, owners };
}

describe.each(["eu", "fedramp"])("in the jurisdiction %s", (jurisdiction) => {
  test("every Batch and Owner is one of the jurisdiction", async () => {
    const { bindings, batches, owners } = restrictedTo(jurisdiction);
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const body = '{"files": [{"name": "a.txt", "size": 5}], "location": "weur"}';
    const response = await callWith(bindings, "/v1/batches", { method: "POST", body, headers });
    const { links, tokens } = await response.json<CreatedBatch>();
    const send = async (path: string, init: RequestInit = {}, token = tokens.write) => {
      const { status } = await callWith(bindings, path, { ...init, headers: bearer(token) });
      return status;
    };
    const file = `${links.self}/files/0`;
    const form = formRequest(formBody([{ name: "f", filename: "a.txt", bytes: "hello" }]));
    const operator = await operatorToken();
    expect([
      response.status,
      (await callWith(bindings, "/v1/upload", form)).status,
      await send(file, { method: "PUT", body: "hello" }),
      await send(`${file}/content`),
      await send(links.self),
      await send("/v1/batches", {}, tokens.owner),
      await send(links.self, {}, operator),
      await send("/v1/operator/owners/someone", {}, operator),
      await send(links.self, { method: "DELETE" }),
    ]).toEqual([201, 201, 200, 200, 200, 200, 200, 200, 204]);
    expect(new Set(batches)).toEqual(new Set([jurisdiction]));
    expect(new Set(owners)).toEqual(new Set([jurisdiction]));
  });

  test("a Batch reaches its Owner in the jurisdiction", async () => {
    const { bindings, owners } = restrictedTo(jurisdiction);
    const client = new OwnerClient({ ...env, ...bindings }, `owner-${crypto.randomUUID()}`);
    expect([await client.isBlocked(), owners]).toEqual([false, [jurisdiction]]);
  });

  test("every request is refused if the runtime has no jurisdictions, as workerd", async () => {
    const problem = await readProblem(await callWith({ JURISDICTION: jurisdiction }, "/v1/health"));
    expect(problem).toMatchObject({ status: 503, code: "not_configured" });
    expect(problem.detail).toBe(
      `The runtime refuses the JURISDICTION "${jurisdiction}" (Error: Jurisdiction restrictions are not implemented in workerd.); for a local run, add JURISDICTION="" to .dev.vars.`,
    );
  });
});

test("without a jurisdiction, the namespace is the binding itself", () => {
  expect(inJurisdiction({ ...env, JURISDICTION: "" }, env.BATCH)).toBe(env.BATCH);
});

test.each(["EU", "us", "fedramp-high", " "])("the jurisdiction %j is refused", async (value) => {
  const problem = await readProblem(await callWith({ JURISDICTION: value }, "/v1/health"));
  expect(problem).toMatchObject({ status: 503, code: "not_configured" });
  expect(problem.detail).toContain(
    `Set JURISDICTION in wrangler.toml to "eu" or "fedramp", or to "" for none; it is ${JSON.stringify(value)}.`,
  );
});
