import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { crc32 } from "../../storage/crc32.ts";

/** The used fields of a stored file. */
interface Stored {
  state: string;
  etag?: string;
  key?: string;
  crc32?: number;
}

/** Returns the CRC-32 of each file of a batch that its records have. */
export async function storedCrc32s(batch: string): Promise<(number | undefined)[]> {
  return (await recordsOf(batch)).map((record) => record.crc32);
}

/**
 * Expects that no completed file of a batch has another CRC-32 than its object. It is unknown if a
 * completion was found whose parts were recorded again meanwhile.
 */
export async function expectCrc32s(batch: string): Promise<void> {
  const completed = (await recordsOf(batch)).filter(({ state }) => state === "completed");
  expect(completed.length).toBeGreaterThan(0);
  for (const { key = "", etag, crc32: known } of completed) {
    const object = await env.BUCKET.get(key);
    if (!object) throw new Error(`R2 has no object ${key}.`);
    expect(object.etag).toBe(etag);
    if (known !== undefined) expect(known).toBe(crc32(await object.bytes()));
    else await object.body.cancel();
  }
}

function recordsOf(batch: string): Promise<Stored[]> {
  return runInDurableObject(env.BATCH.getByName(batch), (_, { storage }) =>
    [...storage.kv.list<Stored[]>({ prefix: "records/" })].flatMap(([, row]) => row),
  );
}
