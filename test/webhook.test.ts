import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { beforeAll, describe, expect, test } from "vitest";
import { signOperatorToken } from "../worker/auth/operator-jwt.ts";
import { readProblem, TestBatch } from "./support/batch.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { type Server, startServer } from "./support/server.ts";
import { type ReceivedEvent, WebhookReceiver } from "./support/webhook-receiver.ts";

const OLD = `whsec_${Buffer.from("the secret that is replaced soon").toString("base64")}`;
const NEW = `whsec_${Buffer.from("the secret that has replaced it.").toString("base64")}`;

const cleanUp = cleanUpAfterAll();
let receiver: WebhookReceiver;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  cleanUp(() => receiver.stop());
});

const variablesFor = (path: string, answers = "200") => ({
  WEBHOOK_URL: `${receiver.origin}${path}?answers=${answers}`,
  WEBHOOK_SECRET: `${NEW} ${OLD}`,
});

const eventsOf = (path: string, { id }: TestBatch): ReceivedEvent[] =>
  receiver.received(path).filter(({ headers }) => headers["webhook-id"]?.startsWith(`${id}.`));

async function complete(origin: string): Promise<TestBatch> {
  const batch = await TestBatch.create(origin, [5]);
  await batch.put(0, "hello");
  await batch.seal();
  return batch;
}

const stateOf = async (batch: TestBatch) => (await batch.status()).webhook?.state;

describe("the webhook of a completed batch", () => {
  const PATH = "/hooks";
  let server: Server;

  beforeAll(async () => {
    server = await startServer({ variables: variablesFor(PATH) });
    cleanUp(() => server.stop());
  });

  test.each([
    ["new", NEW],
    ["old", OLD],
  ])("is verified by the library with the %s secret", async (_, secret) => {
    const batch = await complete(server.origin);
    await expect.poll(() => stateOf(batch)).toBe("delivered");
    const [event, ...others] = eventsOf(PATH, batch);
    expect(others).toEqual([]);
    const { body = "", headers = {} } = event ?? {};
    const { links, metadata, summary } = await batch.status();
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({
      type: "batch.completed",
      data: { batch: batch.id, owner: expect.any(String), links, metadata, summary },
    });
    const edited = () => new Webhook(secret).verify(body.replace('"completed":1', ""), headers);
    expect(edited).toThrow("No matching signature found");
  });

  test("is sent again by a call, with the same id, for a writer and the operator", async () => {
    const batch = await complete(server.origin);
    await expect.poll(() => stateOf(batch)).toBe("delivered");
    const call = (token?: string) => batch.call("/webhook", { method: "POST" }, token);
    const repeated = await call(await signOperatorToken(server.operatorSecret));
    expect([repeated.status, await repeated.json()]).toMatchObject([
      202,
      { id: batch.id, webhook: { state: "pending" } },
    ]);
    await expect.poll(() => eventsOf(PATH, batch).length).toBe(2);
    const [first, second] = eventsOf(PATH, batch);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.body).toBe(first?.body);
    const early = await call();
    expect(await readProblem(early)).toMatchObject({ status: 429, code: "rate_limited" });
    expect(Number(early.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect((await call(batch.created.tokens.read)).status).toBe(403);
  });

  test("is shown to a holder of the read token as well, and not sent before the end", async () => {
    const batch = await TestBatch.create(server.origin, [5]);
    const early = await readProblem(await batch.call("/webhook", { method: "POST" }));
    expect(early).toMatchObject({ status: 409, code: "not_completed" });
    expect(await batch.status()).not.toHaveProperty("webhook");
    await batch.put(0, "hello");
    await batch.seal();
    await expect.poll(() => stateOf(batch)).toBe("delivered");
    const delivered = { state: "delivered", attempts: 1, lastStatus: 200, nextAt: null };
    expect((await batch.readerStatus()).webhook).toEqual(delivered);
  });
});

test("a killed server sends the event after its restart, under the same id", async () => {
  const state = await mkdtemp(join(tmpdir(), "tallyman-webhook-"));
  cleanUp(() => rm(state, { recursive: true, force: true }));
  const secret = "the-same-before-and-after-a-restart";
  const options = { state, secret, variables: variablesFor("/killed", "hang,200") };
  const before = await startServer(options);
  const batch = await complete(before.origin);
  await expect.poll(() => eventsOf("/killed", batch).length).toBe(1);
  await before.kill();
  const after = await startServer(options);
  cleanUp(() => after.stop());
  const restarted = batch.on(after.origin);
  await expect.poll(() => stateOf(restarted)).toBe("delivered");
  const ids = eventsOf("/killed", batch).map(({ headers }) => headers["webhook-id"]);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
});
