import { describe, expect, test } from "vitest";
import { InvalidSetting, settings } from "./settings.ts";

const SECRET = "s".repeat(32);
const GRANT_SECRET = "g".repeat(32);
const MINIMAL = { TALLYMAN_SECRET: SECRET, GRANT_SECRET, BATCH_DAYS: "7", LINK_DAYS: "30" };
const DAY_MS = 86_400_000;

test("values have the units that their names say", () => {
  const env = { ...MINIMAL, BATCH_DAYS: "0.5", BODY_GRACE_SECONDS: "1.5", FILE_BYTES: "1e3" };
  expect(settings(env)).toMatchObject({
    batchLifetimeMs: DAY_MS / 2,
    multipartLifetimeMs: 30 * DAY_MS,
    bodyGraceMs: 1500,
    fileBytes: 1000,
  });
});

test("a limit of 0, or none, is null", () => {
  expect(settings({ ...MINIMAL, FILE_BYTES: "0", BODY_GRACE_SECONDS: 0 })).toMatchObject({
    fileBytes: null,
    bodyGraceMs: null,
    watchersPerBatch: null,
  });
});

test("without values, access needs a grant, no origin is allowed, and requests are not logged", () => {
  expect(settings(MINIMAL)).toMatchObject({ access: "grant", allowedOrigins: [], log: "errors" });
});

test.each([
  [undefined, null],
  ["", null],
  ["eu", "eu"],
  ["fedramp", "fedramp"],
])("the jurisdiction %j is %j", (JURISDICTION, jurisdiction) => {
  expect(settings({ ...MINIMAL, JURISDICTION })).toMatchObject({ jurisdiction });
});

test.each([
  [" https://a.test\n https://b.test", ["https://a.test", "https://b.test"]],
  ["https://a.test *", "*"],
])("the origins %j are %j", (ALLOWED_ORIGINS, allowedOrigins) => {
  expect(settings({ ...MINIMAL, ALLOWED_ORIGINS })).toMatchObject({ allowedOrigins });
});

test("secrets are separated by white space", () => {
  const TALLYMAN_SECRET = ` ${SECRET}1\n${SECRET}2 `;
  const { secrets } = settings({ ...MINIMAL, TALLYMAN_SECRET });
  expect(secrets).toEqual([`${SECRET}1`, `${SECRET}2`]);
});

const ORIGINS = 'to origins such as "https://app.example.com", separated by spaces, or to "*"';

test.each([
  ["BATCH_DAYS", "0", 'to a number of days greater than 0; it is "0".'],
  ["BATCH_DAYS", "Infinity", 'to a number of days greater than 0; it is "Infinity".'],
  ["BATCH_DAYS", undefined, "to a number of days greater than 0; it is not set."],
  ["BATCH_DAYS", "", 'to a number of days greater than 0; it is "".'],
  ["MULTIPART_DAYS", "0", 'to a number of days greater than 0; it is "0".'],
  ["BATCH_FILES", "10,000", 'to a number, or to 0 for no limit; it is "10,000".'],
  ["QUOTA_OPEN_BATCHES", "-1", 'to a number, or to 0 for no limit; it is "-1".'],
  ["WATCHERS_PER_BATCH", "", 'to a number, or to 0 for no limit; it is "".'],
  ["ACCESS", "opne", 'to "open" or "grant"; it is "opne".'],
  ["LOG", "all", 'to "requests" or "errors"; it is "all".'],
  ["ALLOWED_ORIGINS", 7, `${ORIGINS}; it is 7.`],
])("%s = %j is refused with its name, its value and the allowed values", (name, value, message) => {
  expect(() => settings({ ...MINIMAL, [name]: value })).toThrow(
    new InvalidSetting(`Set ${name} in wrangler.toml ${message}`),
  );
});

test.each([
  // Every sandboxed page has this origin. The others are no page's.
  "null",
  "site.test",
  "https://site.test/",
  "https://site.test/app",
  "https://site.test:443",
  "HTTPS://Site.test",
  "https://*.site.test",
  "https://a.test,https://b.test",
  "file:///app",
  "https://site.test null",
])("ALLOWED_ORIGINS = %j is refused", (value) => {
  expect(() => settings({ ...MINIMAL, ALLOWED_ORIGINS: value })).toThrow(
    new InvalidSetting(`Set ALLOWED_ORIGINS in wrangler.toml ${ORIGINS}; it is "${value}".`),
  );
});

describe.each(["TALLYMAN_SECRET", "GRANT_SECRET"])("%s", (name) => {
  test.each([undefined, "", " \n", "too-short-a-secret", `${SECRET} too-short-a-secret`])(
    "is refused without repeating it: %j",
    (secret) => {
      const refused = () => settings({ ...MINIMAL, [name]: secret });
      expect(refused).toThrow(`npx wrangler secret put ${name}`);
      expect(refused).not.toThrow("too-short");
    },
  );
});

describe("OPERATOR_SECRET", () => {
  const OWN = "o".repeat(32);
  const refused = (OPERATOR_SECRET: string) => () => settings({ ...MINIMAL, OPERATOR_SECRET });

  test("may be missing, because uploads don't need it", () => {
    expect(settings(MINIMAL)).toMatchObject({ operatorSecrets: [] });
    expect(settings({ ...MINIMAL, OPERATOR_SECRET: "" })).toMatchObject({ operatorSecrets: [] });
  });

  test("may have two values", () => {
    const env = { ...MINIMAL, OPERATOR_SECRET: `${OWN}1 ${OWN}2` };
    expect(settings(env)).toMatchObject({ operatorSecrets: [`${OWN}1`, `${OWN}2`] });
  });

  test.each(["too-short", `${OWN} too-short`, SECRET, GRANT_SECRET, `${OWN} ${GRANT_SECRET}`])(
    "is refused if it is short or another secret: %j",
    (value) => {
      expect(refused(value)).toThrow("npx wrangler secret put OPERATOR_SECRET");
      expect(refused(value)).not.toThrow(value);
    },
  );
});

describe("RECEIPT_KEYS", () => {
  const SEED = "s".repeat(43);
  const keysOf = (RECEIPT_KEYS: string) => settings({ ...MINIMAL, RECEIPT_KEYS }).receiptKeys;

  test("may be missing, because uploads don't need it", () => {
    expect(settings(MINIMAL).receiptKeys).toEqual([]);
    expect(keysOf(" ")).toEqual([]);
  });

  test("may be in either alphabet of Base64, with or without padding", () => {
    const seed = `${"-_".repeat(21)}A`;
    const all = [seed, `${seed}=`, seed.replaceAll("-", "+").replaceAll("_", "/")];
    const bytes = Uint8Array.fromBase64(seed, { alphabet: "base64url" });
    expect(all.flatMap(keysOf)).toEqual(all.map(() => ({ bytes, isPublic: false })));
  });

  test("may have public halves after the first key", () => {
    const keys = keysOf(`${SEED} public:${SEED} ${SEED}`);
    expect(keys.map(({ isPublic }) => isPublic)).toEqual([false, true, false]);
  });

  test.each(["too-short", `${SEED}s`, "!".repeat(43), `public:${SEED}`, `${SEED} private:${SEED}`])(
    "is refused if it is malformed, or its first key can't sign: %j",
    (value) => {
      const refused = () => keysOf(value);
      expect(refused).toThrow("npx wrangler secret put RECEIPT_KEYS");
      expect(refused).not.toThrow(value);
    },
  );
});

describe("the webhook", () => {
  const WEBHOOK_SECRET = `whsec_${"s".repeat(32)}`;
  const WEBHOOK_URL = "https://app.test/hooks?token=hidden";
  const webhookOf = (env: object) => settings({ ...MINIMAL, ...env }).webhook;

  test("is none without an address", () => {
    expect(webhookOf({})).toBeNull();
    expect(webhookOf({ WEBHOOK_URL: "", WEBHOOK_SECRET })).toBeNull();
  });

  test("has an address, and the key of each secret", () => {
    const secrets = [24, 32].map((bytes) => new Uint8Array(bytes).fill(7));
    const texts = secrets.map((bytes) => `whsec_${bytes.toBase64()}`);
    const webhook = webhookOf({ WEBHOOK_URL, WEBHOOK_SECRET: texts.join(" ") });
    expect(webhook).toEqual({ url: WEBHOOK_URL, secrets });
  });

  test.each(["http://localhost:3000/hooks", "http://127.0.0.1", "http://[::1]:80"])(
    "may be sent unencrypted within this machine: %s",
    (url) => {
      expect(webhookOf({ WEBHOOK_URL: url, WEBHOOK_SECRET })).toMatchObject({ url });
    },
  );

  test.each([
    "http://app.test/hooks",
    "http://localhost.app.test",
    "http://10.0.0.1/hidden",
    "ftp://app.test",
    "app.test/hidden",
    "https://user:hidden@app.test",
  ])("has no other address, which is not repeated: %s", (url) => {
    const refused = () => webhookOf({ WEBHOOK_URL: url, WEBHOOK_SECRET });
    expect(refused).toThrow(
      'Set WEBHOOK_URL in wrangler.toml to an address that begins with "https',
    );
    expect(refused).not.toThrow("hidden");
  });

  test.each(["", "secret", "s".repeat(44), "whsec_short", `whsec_${"s".repeat(200)}`, "whsec_!!!"])(
    "needs a secret of Standard Webhooks: %j",
    (secret) => {
      const refused = () => webhookOf({ WEBHOOK_URL, WEBHOOK_SECRET: secret });
      expect(refused).toThrow("npx wrangler secret put WEBHOOK_SECRET");
    },
  );
});

test("a secret that is shared with the app's backend signs no other tokens", () => {
  const shared = `${GRANT_SECRET} ${SECRET}`;
  expect(() => settings({ ...MINIMAL, GRANT_SECRET: shared })).toThrow("secret put GRANT_SECRET");
});

test("an environment object is parsed once", () => {
  const env = { ...MINIMAL };
  expect(settings(env)).toBe(settings(env));
  expect(settings({ ...env })).not.toBe(settings(env));
});
