import { expect, test } from "vitest";
import { call, TestBatch } from "../testing/batch.ts";

const NAMES = [
  "Access-Control-Allow-Origin",
  "Access-Control-Expose-Headers",
  "Timing-Allow-Origin",
  "Cache-Control",
  "ETag",
];

test("a 304 has the headers for pages of other origins that a 200 has", async () => {
  const batch = await TestBatch.create([1]);
  const token = `Bearer ${batch.created.tokens.read}`;
  for (const path of [batch.path, "/v1/keys", "/v1/openapi.json"]) {
    const headers = { Origin: "https://site.test", Authorization: token };
    const first = await call(path, { headers });
    await first.body?.cancel();
    const known = { ...headers, "If-None-Match": first.headers.get("ETag") ?? "" };
    const second = await call(path, { headers: known });
    expect([path, second.status]).toEqual([path, 304]);
    const values = ({ headers: received }: Response) => NAMES.map((name) => received.get(name));
    expect(values(second)).toEqual(values(first));
    expect(values(second)).not.toContain(null);
  }
});
