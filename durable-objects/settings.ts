import * as v from "valibot";
import {
  BODY_BYTES,
  DAY_MS,
  KEEP_MAX_DAYS,
  LIMITS,
  partSize,
  SECOND_MS,
} from "../protocol/index.ts";
import { webhookKey } from "./standard-webhooks.ts";
import { areReceiptKeys, receiptKeysIn } from "./receipt-keys.ts";

/** Minimum length of a key for HS256 (RFC 7518): a shorter secret can be found from any token. */
export const SECRET_CHARACTERS = 32;

/** Returns NaN for a value without a digit: `Number("")` is 0, and "Infinity" is not allowed. */
function numberOf(value: unknown): number {
  return /\d/u.test(String(value)) ? Number(value) : Number.NaN;
}

/** Secrets separated by white space, or none. */
const optionalSecrets = v.pipe(
  v.optional(v.string(), ""),
  v.transform((text) => text.split(/\s+/u).filter(Boolean)),
  v.check((all) => all.every(({ length }) => length >= SECRET_CHARACTERS)),
);

/** The same, but at least one. */
const secrets = v.pipe(
  optionalSecrets,
  v.check((all) => all.length > 0),
);

/** Keys that sign receipts, or none. */
const receiptKeys = v.pipe(
  v.optional(v.string(), ""),
  v.transform(wordsOf),
  v.check(areReceiptKeys),
  v.transform(receiptKeysIn),
);

/** Secrets of Standard Webhooks, or none. */
const webhookSecrets = v.pipe(
  v.optional(v.string(), ""),
  v.transform(wordsOf),
  v.check((all) => all.every((secret) => webhookKey(secret) !== null)),
  v.transform((all) => all.flatMap((secret) => webhookKey(secret) ?? [])),
);

const WEB_ADDRESS = 'an address that begins with "https://", or to "" for none';

/** An address to which this Worker sends requests; null for none. */
const webAddress = v.pipe(
  v.optional(v.string(WEB_ADDRESS), ""),
  v.check((value) => value === "" || isWebAddress(value), WEB_ADDRESS),
  v.transform((value) => value || null),
);

/** Hosts of local runs, for which no certificates exist. */
const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** `fetch` refuses an address with a user or password. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOCAL_HOSTS.has(hostname));
}

const ORIGINS = 'origins such as "https://app.example.com", separated by spaces, or to "*"';

/** Origins separated by white space, or "*" for every origin. */
const origins = v.pipe(
  v.optional(v.string(ORIGINS), ""),
  v.check((list) => wordsOf(list).every((word) => word === "*" || isOrigin(word)), ORIGINS),
  v.transform((list): readonly string[] | "*" => {
    const all = wordsOf(list);
    return all.includes("*") ? "*" : all;
  }),
);

function wordsOf(list: string): string[] {
  return list.split(/\s+/u).filter(Boolean);
}

/** One origin; null for none. */
function originLike(example: string) {
  const allowed = `an origin such as "${example}", or to "" for none`;
  return v.pipe(
    v.optional(v.string(allowed), ""),
    v.check((value) => value === "" || isOrigin(value), allowed),
    v.transform((value) => value || null),
  );
}

/**
 * True if browsers send this as the `Origin` of a page. "null" would be every sandboxed page; an address
 * with a path, a slash at its end or a wildcard would never match.
 */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && /^https?:[^*]*$/u.test(text);
}

/** Any text; null for none. */
const text = v.pipe(
  v.optional(v.string("a text"), ""),
  v.transform((value) => value || null),
);

/** One of two words; the second by default. */
function choice<const First extends string, const Second extends string>(
  first: First,
  second: Second,
) {
  return v.optional(v.picklist([first, second], `"${first}" or "${second}"`), second);
}

/** The jurisdiction of all objects; null for none. The bucket has its own entry in wrangler.toml. */
const jurisdiction = v.pipe(
  v.optional(v.picklist(["", "eu", "fedramp"], '"eu" or "fedramp", or to "" for none'), ""),
  v.transform((value) => value || null),
);

/** A number of days greater than 0. */
const days = v.pipe(
  v.optional(v.unknown(), null),
  v.check((value) => numberOf(value) > 0, "a number of days greater than 0"),
  v.transform(numberOf),
);

/** The days of the lifecycle rule that docs/operating.md sets. */
const MULTIPART_DAYS = "30";
const LINK_DAYS = "30";

/** A number of days; null for 0 or if it is not set, which both mean no end. */
const keepDays = v.pipe(
  v.optional(v.unknown(), 0),
  v.check(
    (value) => numberOf(value) >= 0 && numberOf(value) <= KEEP_MAX_DAYS,
    `a number of days up to ${KEEP_MAX_DAYS}, or to 0 to keep files until they are deleted`,
  ),
  v.transform((value) => numberOf(value) || null),
);

/** A number that is not negative; null for 0 or if it is not set, which both mean no limit. */
const limit = v.pipe(
  v.optional(v.unknown(), 0),
  v.check((value) => numberOf(value) >= 0, "a number, or to 0 for no limit"),
  v.transform((value) => numberOf(value) || null),
);

/** Bytes of one request body: at least the largest part, at most what R2 takes in one call. */
const BODY_RANGE = { least: partSize(LIMITS.fileBytes, 1), most: 5_000_000_000 };

const bodyLimit = v.pipe(
  v.optional(v.unknown(), BODY_BYTES),
  v.check(
    (value) => numberOf(value) >= BODY_RANGE.least && numberOf(value) <= BODY_RANGE.most,
    `a number from ${BODY_RANGE.least} to ${BODY_RANGE.most}`,
  ),
  v.transform(numberOf),
);

/**
 * Secrets and variables of wrangler.toml, in the order in which they are checked. The message of each
 * entry names the allowed values.
 */
export const VARIABLES = {
  TALLYMAN_SECRET: secrets,
  GRANT_SECRET: secrets,
  OPERATOR_SECRET: optionalSecrets,
  RECEIPT_KEYS: receiptKeys,
  WEBHOOK_SECRET: webhookSecrets,
  ACCESS: choice("open", "grant"),
  ALLOWED_ORIGINS: origins,
  BATCH_DAYS: days,
  MULTIPART_DAYS: v.optional(days, MULTIPART_DAYS),
  LINK_DAYS: v.optional(days, LINK_DAYS),
  KEEP_DAYS: keepDays,
  BATCH_FILES: limit,
  BATCH_BYTES: limit,
  FILE_BYTES: limit,
  CHECK_BYTES: limit,
  BODY_BYTES: bodyLimit,
  QUOTA_OPEN_BATCHES: limit,
  QUOTA_FILES_PER_DAY: limit,
  QUOTA_BYTES_PER_DAY: limit,
  ANONYMOUS_FILES_PER_DAY: limit,
  ANONYMOUS_BYTES_PER_DAY: limit,
  BODY_BYTES_PER_SECOND: limit,
  BODY_GRACE_SECONDS: limit,
  BUFFER_SECONDS: limit,
  WRONG_TYPES: v.optional(
    v.picklist(["accept", "correct", "refuse"], '"accept", "correct" or "refuse"'),
    "correct",
  ),
  WATCHERS_PER_BATCH: limit,
  WATCHERS_PER_ADDRESS: limit,
  LOG: choice("requests", "errors"),
  ABUSE_CONTACT: text,
  PUBLIC_URL: originLike("https://tallyman.example.com"),
  CONTENT_ORIGIN: originLike("https://files.example.com"),
  WEBHOOK_URL: webAddress,
  JURISDICTION: jurisdiction,
};

const OWN_CHARACTERS = `at least ${SECRET_CHARACTERS} characters of its own`;

/** The secrets, each with what it is for and its allowed values. */
const SECRETS: Readonly<Record<string, string>> = {
  TALLYMAN_SECRET: `the secret of this Worker's own tokens to ${OWN_CHARACTERS}`,
  GRANT_SECRET: `the secret that the app's backend signs grants with to ${OWN_CHARACTERS}`,
  OPERATOR_SECRET: `the secret that the operator signs their own tokens with to ${OWN_CHARACTERS}`,
  RECEIPT_KEYS:
    "the keys that sign receipts to 32 bytes of Base64 each, the first one without `public:`",
  WEBHOOK_SECRET:
    "the secret that signs webhooks to `whsec_` and 24 to 64 bytes of Base64, which WEBHOOK_URL needs",
};

const Variables = v.pipe(
  v.object(VARIABLES),
  v.forward(
    v.check(({ TALLYMAN_SECRET, GRANT_SECRET }) => areDistinct(TALLYMAN_SECRET, GRANT_SECRET)),
    ["GRANT_SECRET"],
  ),
  v.forward(
    v.check(({ TALLYMAN_SECRET, GRANT_SECRET, OPERATOR_SECRET }) => {
      return areDistinct([...TALLYMAN_SECRET, ...GRANT_SECRET], OPERATOR_SECRET);
    }),
    ["OPERATOR_SECRET"],
  ),
  v.forward(
    v.check(({ WEBHOOK_URL, WEBHOOK_SECRET }) => WEBHOOK_URL === null || WEBHOOK_SECRET.length > 0),
    ["WEBHOOK_SECRET"],
  ),
  v.forward(
    v.check(
      ({ PUBLIC_URL, CONTENT_ORIGIN }) => PUBLIC_URL === null || PUBLIC_URL !== CONTENT_ORIGIN,
      "another origin than CONTENT_ORIGIN, where no API is",
    ),
    ["PUBLIC_URL"],
  ),
  v.transform((variables) => ({
    /** The keys of this Worker's own tokens are derived from them; the first one signs. */
    secrets: variables.TALLYMAN_SECRET,
    /** Verify the grants that the app's backend signs. */
    grantSecrets: variables.GRANT_SECRET,
    /** Verify the operator's tokens. Empty if the operator's calls are turned off. */
    operatorSecrets: variables.OPERATOR_SECRET,
    /** The first one signs receipts. Empty if there are no receipts. */
    receiptKeys: variables.RECEIPT_KEYS,
    /** "open" allows batches without a grant. */
    access: variables.ACCESS,
    /** Origins whose pages may call the API. */
    allowedOrigins: variables.ALLOWED_ORIGINS,
    /** Time from the last change of an unfinished batch to its expiry. */
    batchLifetimeMs: variables.BATCH_DAYS * DAY_MS,
    /** Time after which R2's lifecycle rule aborts a multipart upload. */
    multipartLifetimeMs: variables.MULTIPART_DAYS * DAY_MS,
    /** Lifetime of read tokens, and of the other tokens after the end of their batch. */
    linkLifetimeMs: variables.LINK_DAYS * DAY_MS,
    /** Days from the end of a new batch to the deletion of its files and records. */
    keepDays: variables.KEEP_DAYS,
    /** Files of one batch. */
    batchFiles: variables.BATCH_FILES,
    /** Bytes of all files of one batch. */
    batchBytes: variables.BATCH_BYTES,
    fileBytes: variables.FILE_BYTES,
    /** Bytes of a file in parts that may be declared with a digest. */
    checkBytes: variables.CHECK_BYTES,
    /** Bytes of one request body. */
    bodyBytes: variables.BODY_BYTES,
    /** Limits per owner. Days are UTC. */
    openBatches: variables.QUOTA_OPEN_BATCHES,
    filesPerDay: variables.QUOTA_FILES_PER_DAY,
    bytesPerDay: variables.QUOTA_BYTES_PER_DAY,
    /** Limits of all anonymous owners together. */
    anonymousFilesPerDay: variables.ANONYMOUS_FILES_PER_DAY,
    anonymousBytesPerDay: variables.ANONYMOUS_BYTES_PER_DAY,
    /** Minimum rate of a request body. */
    bodyBytesPerSecond: variables.BODY_BYTES_PER_SECOND,
    /** Time by which a request body may fall behind that rate. */
    bodyGraceMs: variables.BODY_GRACE_SECONDS && variables.BODY_GRACE_SECONDS * SECOND_MS,
    /** Longest time for which the content of a body is buffered before it is complete. */
    bufferMs: variables.BUFFER_SECONDS && variables.BUFFER_SECONDS * SECOND_MS,
    /** The policy for files whose bytes contradict their declared type. */
    wrongTypes: variables.WRONG_TYPES,
    watchersPerBatch: variables.WATCHERS_PER_BATCH,
    /** Watchers of one batch from one network address. */
    watchersPerAddress: variables.WATCHERS_PER_ADDRESS,
    /** "requests" logs every request, "errors" only unexpected errors. */
    log: variables.LOG,
    /** Address for reports about uploaded content. */
    abuseContact: variables.ABUSE_CONTACT,
    /** Origin of all links in responses; null for that at which a batch was created. */
    publicOrigin: variables.PUBLIC_URL,
    /** Origin at which this Worker serves uploaded files, and nothing else. */
    contentOrigin: variables.CONTENT_ORIGIN,
    /** Address to which the ends of batches are announced, and the keys that sign; null for none. */
    webhook:
      variables.WEBHOOK_URL === null
        ? null
        : { url: variables.WEBHOOK_URL, secrets: variables.WEBHOOK_SECRET },
    /** The jurisdiction in which all Durable Objects run and store their data. */
    jurisdiction: variables.JURISDICTION,
  })),
);

/** True if no secret has two uses: its tokens of one use would be valid for the other. */
function areDistinct(some: readonly string[], others: readonly string[]): boolean {
  return !others.some((secret) => some.includes(secret));
}

/** The operator's settings. A limit of null means no limit. */
export type Settings = v.InferOutput<typeof Variables>;

/** A secret or a variable has an invalid value. The message names it and says how to fix it. */
export class InvalidSetting extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidSetting";
  }
}

/** Settings by environment object: the variables of a running Worker don't change. */
const cache = new WeakMap<object, Settings>();

/**
 * Returns the settings of a Worker or Durable Object, parsed once per environment object.
 *
 * @throws InvalidSetting for the first invalid variable
 */
export function settings(env: object): Settings {
  const cached = cache.get(env);
  if (cached) return cached;
  const parsed = v.safeParse(Variables, env, { abortEarly: true });
  if (!parsed.success) throw new InvalidSetting(messageOf(parsed.issues[0]));
  cache.set(env, parsed.output);
  return parsed.output;
}

function messageOf({ path, message }: v.InferIssue<typeof Variables>): string {
  const name = String(path?.[0].key);
  // The value of a secret must not get into a response or a log.
  const secret = SECRETS[name];
  if (secret !== undefined) {
    return `Set ${secret}: run \`npx wrangler secret put ${name}\`, or locally \`npm start\`.`;
  }
  // An address may contain a secret of its receiver's.
  if (name === "WEBHOOK_URL") return `Set ${name} in wrangler.toml to ${message}.`;
  // The input of a check of two variables is all of them, with the secrets.
  const value: unknown = path?.[0].value ?? null;
  const current = value === null ? "not set" : JSON.stringify(value);
  return `Set ${name} in wrangler.toml to ${message}; it is ${current}.`;
}
