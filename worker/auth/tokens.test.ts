import { env } from "cloudflare:workers";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, test } from "vitest";
import type { CreatedBatch } from "../../protocol/index.ts";
import { TestBatch } from "../testing/batch.ts";
import { callWith } from "../testing/call-with.ts";
import { bearer, secondsFromNow, signed } from "../testing/grants.ts";
import { utf8 } from "../testing/multipart.ts";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

async function hmac(secret: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}

describe("with two secrets", () => {
  const [OLD, NEW] = [
    "the-old-secret-with-at-least-32-characters",
    "the-new-secret-with-at-least-32-characters",
  ];
  const create = (settings: { TALLYMAN_SECRET: string } | { GRANT_SECRET: string }, token = "") =>
    callWith(settings, "/v1/batches", {
      method: "POST",
      body: "{}",
      headers: token === "" ? {} : bearer(token),
    });
  const ownerToken = async (TALLYMAN_SECRET: string) => {
    const created = await (await create({ TALLYMAN_SECRET })).json<CreatedBatch>();
    return created.tokens.owner;
  };
  const statusOf = async (TALLYMAN_SECRET: string, token: string | undefined) =>
    (await create({ TALLYMAN_SECRET }, token)).status;

  test("the first signs and both are accepted, so that a secret can be replaced", async () => {
    const old = await ownerToken(OLD);
    expect(await statusOf(`${NEW} ${OLD}`, old)).toBe(201);
    expect(await statusOf(` ${OLD}\n${NEW}`, old)).toBe(201);
    expect(await statusOf(NEW, old)).toBe(401);
    expect(await statusOf(NEW, await ownerToken(`${NEW} ${OLD}`))).toBe(201);
  });

  test("grants signed with either are accepted", async () => {
    const claims = { sub: "an owner", exp: secondsFromNow(60) };
    const [old, fresh] = [await signed(claims, OLD), await signed(claims, NEW)];
    const statuses = (GRANT_SECRET: string) =>
      Promise.all(
        [old, fresh].map(async (grant) => (await create({ GRANT_SECRET }, grant)).status),
      );
    expect(await statuses(`${NEW} ${OLD}`)).toEqual([201, 201]);
    expect(await statuses(NEW)).toEqual([401, 201]);
  });
});

test.each(["PRIVATE", "PUBLIC", "-----BEGIN PUBLIC KEY-----", "ключ 鍵"])(
  "a secret that contains %j is used as bytes",
  async (word) => {
    const secret = `${word.replaceAll(" ", "-")}-${"x".repeat(32)}`;
    const parts = [
      { alg: "HS256", typ: "JWT" },
      { sub: "an owner", exp: secondsFromNow(60) },
    ];
    const unsigned = parts.map((part) => utf8(JSON.stringify(part)).toBase64(BASE64URL)).join(".");
    const signature = (await hmac(utf8(secret), utf8(unsigned))).toBase64(BASE64URL);
    const init = { method: "POST", body: "{}", headers: bearer(`${unsigned}.${signature}`) };
    const granted = await callWith({ GRANT_SECRET: secret }, "/v1/batches", init);
    expect(granted.status).toBe(201);

    const settings = { TALLYMAN_SECRET: secret };
    const created = await callWith(settings, "/v1/batches", { method: "POST", body: "{}" });
    const { links, tokens } = await created.json<CreatedBatch>();
    const read = await callWith(settings, links.self, { headers: bearer(tokens.read) });
    expect(read.status).toBe(200);
  },
);

test.each(["write", "read", "owner"] as const)(
  "the key of %s tokens is derived by HKDF for their audience",
  async (kind) => {
    const { [kind]: token = "" } = (await TestBatch.create()).created.tokens;
    const audience = `tallyman-${kind}`;
    expect(decodeProtectedHeader(token)).toEqual({ alg: "HS256", typ: `${audience}+jwt` });
    expect(decodeJwt(token).aud).toBe(audience);
    // RFC 5869, without a salt and with one block of output.
    const pseudorandomKey = await hmac(new Uint8Array(32), utf8(env.TALLYMAN_SECRET));
    const key = await hmac(pseudorandomKey, new Uint8Array([...utf8(audience), 1]));
    const [header, claims, signature] = token.split(".");
    expect((await hmac(key, utf8(`${header}.${claims}`))).toBase64(BASE64URL)).toBe(signature);
  },
);
