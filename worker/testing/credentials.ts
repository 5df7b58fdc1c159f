import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import type { TestBatch } from "./batch.ts";
import { Signer, type TokenKind } from "../auth/jwt.ts";
import {
  grantFor,
  operatorToken,
  secondsFromNow,
  signed,
  signedAs,
  signedAsOperator,
} from "./grants.ts";

/**
 * Kinds of credentials: `grant` may create and list, `creating` and `listing` one of these, `none`
 * neither. `foreign` is a token of another batch; `endedWrite` and `endedRead` were ended.
 */
export type CredentialKind =
  | "nothing"
  | "invalid"
  | "grant"
  | "creating"
  | "listing"
  | "none"
  | "operator"
  | "owner"
  | "otherOwner"
  | "write"
  | "read"
  | "endedWrite"
  | "endedRead"
  | "foreign";

export interface Credential {
  name: string;
  kind: CredentialKind;
  /** Scheme of the Authorization header; `Bearer` by default. */
  scheme?: string;
  /** @param other a batch of another owner */
  tokenOf: (batch: TestBatch, other: TestBatch) => string | Promise<string>;
}

const claimsOf = ({ id }: TestBatch) => ({ batch: id, exp: secondsFromNow(60) });
const grantClaims = () => ({ sub: "an owner", exp: secondsFromNow(60) });

/** Signs a token of one kind with the header of another. */
async function disguised(kind: TokenKind, as: TokenKind, claims: { exp: number }): Promise<string> {
  const [[header], [, payload, signature]] = [
    (await signedAs(as, claims)).split("."),
    (await signedAs(kind, claims)).split("."),
  ];
  return [header, payload, signature].join(".");
}

function encode(part: object): string {
  return btoa(JSON.stringify(part)).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");
}

/** Claims of a token of the operator, made now. */
const operatorClaims = () => ({
  aud: "tallyman-operator",
  iat: secondsFromNow(0),
  exp: secondsFromNow(60),
});

const GRANT = "tallyman-grant";
const DAY_S = 24 * 60 * 60;

const VALID: readonly Credential[] = [
  { name: "nothing", kind: "nothing", tokenOf: () => "" },
  { name: "the write token", kind: "write", tokenOf: ({ created }) => created.tokens.write },
  { name: "the read token", kind: "read", tokenOf: ({ created }) => created.tokens.read },
  { name: "the live token", kind: "read", tokenOf: ({ created }) => created.tokens.live },
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
    name: "the anonymous owner's token",
    kind: "owner",
    tokenOf: ({ created }) => created.tokens.owner ?? "",
  },
  {
    name: "another anonymous owner's token",
    kind: "otherOwner",
    tokenOf: (_, { created }) => created.tokens.owner ?? "",
  },
  { name: "the operator's token", kind: "operator", tokenOf: () => operatorToken() },
  { name: "a grant", kind: "grant", tokenOf: () => grantFor() },
  { name: "a grant with its audience", kind: "grant", tokenOf: () => grantFor({ aud: GRANT }) },
  {
    name: "a grant with two audiences",
    kind: "grant",
    tokenOf: () => grantFor({ aud: ["x", GRANT] }),
  },
  { name: "a grant to create", kind: "creating", tokenOf: () => grantFor({ can: ["create"] }) },
  { name: "a grant to list", kind: "listing", tokenOf: () => grantFor({ can: ["list"] }) },
  { name: "a grant for tokens", kind: "none", tokenOf: () => grantFor({ can: ["tokens"] }) },
  { name: "a grant for nothing", kind: "none", tokenOf: () => grantFor({ can: [] }) },
  {
    name: "a grant of 366 days",
    kind: "grant",
    tokenOf: () => grantFor({ exp: secondsFromNow(366 * DAY_S) }),
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
    `${encode({ alg: "none", typ: "JWT" })}.${encode({ ...grantClaims() })}.`,
  "another secret": (batch) =>
    new Signer(["another secret"]).sign("write", claimsOf(batch), secondsFromNow(60)),
  "another secret and a grant's claims": () => signed(grantClaims(), "another secret"),
  "the secret itself, which only derives keys": (batch) =>
    signed({ ...claimsOf(batch), aud: "tallyman-write" }, env.TALLYMAN_SECRET),
  "the secret itself and a grant's claims": () => signed(grantClaims(), env.TALLYMAN_SECRET),
  "the grant's secret": (batch) => signed(claimsOf(batch)),
  "another algorithm": () => sign(grantClaims(), env.GRANT_SECRET, "HS512"),
  "a read token's signature under a write token's header": (batch) =>
    disguised("read", "write", claimsOf(batch)),
  "an owner token's signature under a write token's header": (batch) =>
    disguised("owner", "write", claimsOf(batch)),
  "a past expiry": (batch) => signedAs("write", { ...claimsOf(batch), exp: secondsFromNow(-1) }),
  "a past expiry and a grant's claims": () => grantFor({ exp: secondsFromNow(-1) }),
  "a past expiry and an owner's claims": () =>
    signedAs("owner", { sub: "an owner", exp: secondsFromNow(-1) }),
  "no batch": () => signedAs("write", { exp: secondsFromNow(60) }),
  "a list of batches": (batch) => signedAs("write", { ...claimsOf(batch), batch: [batch.id] }),
  "an empty owner": () => signedAs("owner", { sub: "", exp: secondsFromNow(60) }),
  "no expiry and a grant's claims": () => signed({ sub: "an owner" }),
  "an expiry of 367 days and a grant's claims": () =>
    grantFor({ exp: secondsFromNow(367 * DAY_S) }),
  "a grant's claims and an empty owner": () => grantFor({}, ""),
  "a grant's claims and another audience": () => grantFor({ aud: "tallyman-write" }),
  "a grant's claims and an unknown permission": () => grantFor({ can: ["create", "delete"] }),
  "a grant's claims and a misspelt limit": () => grantFor({ limits: { maxFile: 1 } }),
  "an operator's claims and the grant's secret": () =>
    signedAsOperator(operatorClaims(), env.GRANT_SECRET),
  "an operator's claims and the secret of the others": () =>
    signedAsOperator(operatorClaims(), env.TALLYMAN_SECRET),
  "an operator's claims under a grant's header": () =>
    signed(operatorClaims(), env.OPERATOR_SECRET),
  "a grant's claims and the operator's secret": () => signed(grantClaims(), env.OPERATOR_SECRET),
  "a grant's claims under an operator's header": () => signedAsOperator(grantClaims()),
  "an operator's claims and another audience": () =>
    signedAsOperator({ ...operatorClaims(), aud: "tallyman-write" }),
  "a past expiry and an operator's claims": () =>
    signedAsOperator({ ...operatorClaims(), exp: secondsFromNow(-120) }),
  "no expiry and an operator's claims": () =>
    signedAsOperator({ aud: "tallyman-operator", iat: secondsFromNow(0) }),
  "no time and an operator's claims": () =>
    signedAsOperator({ aud: "tallyman-operator", exp: secondsFromNow(60) }),
  "the time of two days ago and an operator's claims": () =>
    signedAsOperator({ ...operatorClaims(), iat: secondsFromNow(-2 * DAY_S) }),
  "the time of tomorrow and an operator's claims": () =>
    signedAsOperator({
      ...operatorClaims(),
      iat: secondsFromNow(DAY_S),
      exp: secondsFromNow(2 * DAY_S),
    }),
};

/** Tokens of an earlier generation than that of their batch. */
const REVOKED = (["write", "read", "live"] as const).map((scope): Credential => {
  return {
    name: `a ${scope} token of another generation`,
    kind: scope === "write" ? "endedWrite" : "endedRead",
    tokenOf: (batch) => signedAs(scope, { ...claimsOf(batch), gen: 1 }),
  };
});

/** Valid tokens that are sent in a wrong way. */
const WRONGLY_SENT: readonly Credential[] = [
  {
    name: "the write token followed by text",
    kind: "invalid",
    tokenOf: ({ created }) => `${created.tokens.write} more`,
  },
  {
    name: "a grant followed by text",
    kind: "invalid",
    tokenOf: async () => `${await grantFor()} more`,
  },
  {
    name: "the write token in another scheme",
    kind: "invalid",
    scheme: "Basic",
    tokenOf: ({ created }) => created.tokens.write,
  },
  {
    name: "a grant without a scheme",
    kind: "invalid",
    scheme: "",
    tokenOf: () => grantFor(),
  },
  { name: "a scheme without a token", kind: "invalid", scheme: "", tokenOf: () => "Bearer" },
];

/** Valid and invalid credentials of every kind. */
export const CREDENTIALS: readonly Credential[] = [
  ...VALID,
  ...REVOKED,
  ...WRONGLY_SENT,
  ...Object.entries(INVALID_TOKENS).map(([name, tokenOf]): Credential => {
    return { name: `a token with ${name}`, kind: "invalid", tokenOf };
  }),
];
