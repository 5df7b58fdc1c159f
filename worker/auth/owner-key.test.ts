import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import type { BatchList, CreatedBatch, NewTokens } from "../../protocol/index.ts";
import { readProblem } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, grantFor, secondsFromNow, signed, signedAs } from "../testing/grants.ts";
import { ownerKey } from "./owner.ts";

const TWO_FILES = { QUOTA_FILES_PER_DAY: "2" };

async function create(token = "", settings = {}): Promise<CreatedBatch> {
  const headers = token === "" ? {} : bearer(token);
  const body = JSON.stringify({ files: [{ name: "one", size: 1 }], sealed: false });
  const response = await callWith(settings, "/v1/batches", { method: "POST", body, headers });
  if (response.status !== 201) throw new Error(await response.text());
  return response.json<CreatedBatch>();
}

async function idsOf(token: string, settings = {}): Promise<string[]> {
  const response = await callWith(settings, "/v1/batches", { headers: bearer(token) });
  return (await response.json<BatchList>()).batches.map(({ id }) => id);
}

function declareTwo({ links }: CreatedBatch, write: string): Promise<Response> {
  const body = JSON.stringify({ files: ["two", "three"].map((name) => ({ name, size: 1 })) });
  return callWith(TWO_FILES, links.files, { method: "POST", body, headers: bearer(write) });
}

describe("no token of a batch names its owner", () => {
  test("when the batch is created, or later", async () => {
    const { tokens, links } = await create();
    const init = { method: "POST", headers: bearer(tokens.write) };
    const renewed = await callWith({}, `${links.self}/tokens`, init);
    const { read = "", live = "" } = await renewed.json<NewTokens>();
    for (const token of [tokens.write, tokens.read, tokens.live, read, live]) {
      expect(Object.keys(decodeJwt(token)).toSorted()).toEqual(["aud", "batch", "exp", "iat"]);
    }
  });

  test("and the quota is still that of the batch's owner", async () => {
    const batch = await create(await grantFor());
    const problem = await readProblem(await declareTwo(batch, batch.tokens.write));
    expect(problem).toMatchObject({ status: 429, code: "quota_exceeded" });
  });

  test("and an earlier token that names one uses the quota of the batch's owner", async () => {
    const [owner, batch] = [await ownerKey("another owner"), await create(await grantFor())];
    const claims = { batch: batch.id, owner, exp: secondsFromNow(60) };
    const earlier = await signedAs("write", claims);
    const problem = await readProblem(await declareTwo(batch, earlier));
    expect(problem).toMatchObject({ status: 429, code: "quota_exceeded" });
  });

  test("and a deleted batch leaves its owner's list at once", async () => {
    const grant = await grantFor();
    const { id, links, tokens } = await create(grant);
    const kept = await create(grant);
    expect(await idsOf(grant)).toContain(id);
    const init = { method: "DELETE", headers: bearer(tokens.write) };
    expect((await callWith({}, links.self, init)).status).toBe(204);
    expect(await idsOf(grant)).toEqual([kept.id]);
  });
});

describe("an owner keeps their batches", () => {
  const [OLD, NEW] = ["the-old-secret-", "the-new-secret-"].map((word) => word.padEnd(40, "x"));

  test("when the secret of grants is replaced", async () => {
    const claims = { sub: crypto.randomUUID(), exp: secondsFromNow(60) };
    const { id } = await create(await signed(claims, OLD), { GRANT_SECRET: OLD });
    expect(await idsOf(await signed(claims, NEW), { GRANT_SECRET: NEW })).toEqual([id]);
  });

  test("when the secret of tokens is replaced", async () => {
    const { id, tokens } = await create("", { TALLYMAN_SECRET: OLD });
    const replaced = { TALLYMAN_SECRET: `${NEW} ${OLD}` };
    expect(await idsOf(tokens.owner ?? "", replaced)).toEqual([id]);
    const grant = await grantFor();
    const second = await create(grant, { TALLYMAN_SECRET: OLD });
    expect(await idsOf(grant, { TALLYMAN_SECRET: NEW })).toEqual([second.id]);
  });
});
