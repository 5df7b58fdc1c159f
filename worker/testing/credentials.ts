import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import type { TestBatch } from "./batch.ts";
import { secondsFromNow, signed } from "./grants.ts";

/** Kinds of credentials. `foreign` is a token of another batch. */
export type CredentialKind = "nothing" | "invalid" | "grant" | "write" | "read" | "foreign";

export interface Credential {
  name: string;
  kind: CredentialKind;
  /** Scheme of the Authorization header; `Bearer` by default. */
  scheme?: string;
  /** @param other a batch of another owner */
  tokenOf: (batch: TestBatch, other: TestBatch) => string | Promise<string>;
}

const claimsOf = ({ id }: TestBatch) => ({ batch: id, scope: "write", exp: secondsFromNow(60) });

function encode(part: object): string {
  return btoa(JSON.stringify(part)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

const VALID: readonly Credential[] = [
  { name: "nothing", kind: "nothing", tokenOf: () => "" },
  { name: "the write token", kind: "write", tokenOf: ({ created }) => created.tokens.write },
  { name: "the read token", kind: "read", tokenOf: ({ created }) => created.tokens.read },
  {
    name: "another batch's write token",
    kind: "foreign",
    tokenOf: (_, { created }) => created.tokens.write,
  },
  {
    name: "another batch's read token",
    kind: "foreign",
    tokenOf: (_, { created }) => created.tokens.read,
  },
  {
    name: "the owner's grant",
    kind: "grant",
    tokenOf: ({ created }) => created.tokens.owner ?? "",
  },
  {
    name: "another owner's grant",
    kind: "grant",
    tokenOf: (_, { created }) => created.tokens.owner ?? "",
  },
];

const INVALID_TOKENS: Record<string, Credential["tokenOf"]> = {
  "random text": () => "hello",
  "an empty signature": ({ created }) => created.tokens.write.replace(/\.[^.]*$/u, "."),
  "another signature": ({ created }) => created.tokens.write.replace(/.{8}$/u, "AAAAAAAA"),
  "other claims under the old signature": (batch) => {
    const [head, , signature] = batch.created.tokens.read.split(".");
    return [head, encode(claimsOf(batch)), signature].join(".");
  },
  "the algorithm none": (batch) =>
    `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf(batch))}.`,
  "the algorithm none and a grant's claims": () =>
    `${encode({ alg: "none", typ: "JWT" })}.${encode({ sub: "an owner", exp: secondsFromNow(60) })}.`,
  "another secret": (batch) => signed(claimsOf(batch), "another secret"),
  "another secret and a grant's claims": () =>
    signed({ sub: "an owner", exp: secondsFromNow(60) }, "another secret"),
  "another algorithm": (batch) => sign(claimsOf(batch), env.TALLYMAN_SECRET, "HS512"),
  "a past expiry": (batch) => signed({ ...claimsOf(batch), exp: secondsFromNow(-1) }),
  "a past expiry and a grant's claims": () => signed({ sub: "an owner", exp: secondsFromNow(-1) }),
  "no expiry": ({ id }) => signed({ batch: id, scope: "write" }),
  "no expiry and a grant's claims": () => signed({ sub: "an owner" }),
  "an unknown scope": (batch) => signed({ ...claimsOf(batch), scope: "all" }),
  "a list of batches": (batch) => signed({ ...claimsOf(batch), batch: [batch.id] }),
  "an empty owner": () => signed({ sub: "", exp: secondsFromNow(60) }),
};

/** Valid tokens that are sent in a wrong way. */
const WRONGLY_SENT: readonly Credential[] = [
  {
    name: "the write token followed by text",
    kind: "invalid",
    tokenOf: ({ created }) => `${created.tokens.write} more`,
  },
  {
    name: "the owner's grant followed by text",
    kind: "invalid",
    tokenOf: ({ created }) => `${created.tokens.owner} more`,
  },
  {
    name: "the write token in another scheme",
    kind: "invalid",
    scheme: "Basic",
    tokenOf: ({ created }) => created.tokens.write,
  },
  {
    name: "the owner's grant without a scheme",
    kind: "invalid",
    scheme: "",
    tokenOf: ({ created }) => created.tokens.owner ?? "",
  },
  { name: "a scheme without a token", kind: "invalid", scheme: "", tokenOf: () => "Bearer" },
];

/** Valid and invalid credentials of every kind. */
export const CREDENTIALS: readonly Credential[] = [
  ...VALID,
  ...WRONGLY_SENT,
  ...Object.entries(INVALID_TOKENS).map(([name, tokenOf]): Credential => {
    return { name: `a token with ${name}`, kind: "invalid", tokenOf };
  }),
];
