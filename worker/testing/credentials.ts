import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import type { TestBatch } from "./batch.ts";
import { secondsFromNow, signed } from "./grants.ts";

/** What somebody may have in hand before a batch's door. */
export type CredentialKind = "nothing" | "worthless" | "grant" | "write" | "read" | "foreign";

export interface Credential {
  name: string;
  kind: CredentialKind;
  /** How the token is sent: as a bearer's, unless it is told. */
  scheme?: string;
  /** @param other a batch of somebody else's */
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
    name: "another's write token",
    kind: "foreign",
    tokenOf: (_, { created }) => created.tokens.write,
  },
  {
    name: "another's read token",
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
  "no token at all": () => "hello",
  "an empty signature": ({ created }) => created.tokens.write.replace(/\.[^.]*$/u, "."),
  "another signature": ({ created }) => created.tokens.write.replace(/.{8}$/u, "AAAAAAAA"),
  "other claims under the old signature": (batch) => {
    const [head, , signature] = batch.created.tokens.read.split(".");
    return [head, encode(claimsOf(batch)), signature].join(".");
  },
  "no signature, as its header says": (batch) =>
    `${encode({ alg: "none", typ: "JWT" })}.${encode(claimsOf(batch))}.`,
  "no signature, and a grant's claims": () =>
    `${encode({ alg: "none", typ: "JWT" })}.${encode({ sub: "somebody", exp: secondsFromNow(60) })}.`,
  "another secret": (batch) => signed(claimsOf(batch), "another secret"),
  "another secret, and a grant's claims": () =>
    signed({ sub: "somebody", exp: secondsFromNow(60) }, "another secret"),
  "another algorithm": (batch) => sign(claimsOf(batch), env.TALLYMAN_SECRET, "HS512"),
  "an end that has come": (batch) => signed({ ...claimsOf(batch), exp: secondsFromNow(-1) }),
  "an end that has come, and a grant's claims": () =>
    signed({ sub: "somebody", exp: secondsFromNow(-1) }),
  "no end": ({ id }) => signed({ batch: id, scope: "write" }),
  "no end, and a grant's claims": () => signed({ sub: "somebody" }),
  "a scope that there is none of": (batch) => signed({ ...claimsOf(batch), scope: "all" }),
  "a batch that is a list": (batch) => signed({ ...claimsOf(batch), batch: [batch.id] }),
  "an owner without a name": () => signed({ sub: "", exp: secondsFromNow(60) }),
};

/** Of tokens that would open something. */
const WRONGLY_SENT: readonly Credential[] = [
  {
    name: "the write token with something behind it",
    kind: "worthless",
    tokenOf: ({ created }) => `${created.tokens.write} more`,
  },
  {
    name: "the owner's grant with something behind it",
    kind: "worthless",
    tokenOf: ({ created }) => `${created.tokens.owner} more`,
  },
  {
    name: "the write token in another scheme",
    kind: "worthless",
    scheme: "Basic",
    tokenOf: ({ created }) => created.tokens.write,
  },
  {
    name: "the owner's grant without a scheme",
    kind: "worthless",
    scheme: "",
    tokenOf: ({ created }) => created.tokens.owner ?? "",
  },
  { name: "a scheme without a token", kind: "worthless", scheme: "", tokenOf: () => "Bearer" },
];

/** Every kind of token, those that open nothing among them. */
export const CREDENTIALS: readonly Credential[] = [
  ...VALID,
  ...WRONGLY_SENT,
  ...Object.entries(INVALID_TOKENS).map(([name, tokenOf]): Credential => {
    return { name: `a token with ${name}`, kind: "worthless", tokenOf };
  }),
];
