import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TestBatch } from "../testing/batch.ts";
import { eventually } from "../testing/watcher.ts";
import { fuzz, FUZZ_TIMEOUT_MS } from "./budget.ts";
import { applyEdits, someEdits } from "./edits.ts";
import { expectConsistentBatch, withTimeout } from "./expectations.ts";
import { utf8 } from "../testing/multipart.ts";

const message = fc.oneof(
  { weight: 3, arbitrary: fc.constant<string | Uint8Array>("ping") },
  someEdits.map((edits) => applyEdits(utf8('{"event":"snapshot","rev":1}'), edits)),
  fc.string({ unit: "binary" }),
);

test(
  "any message of a watcher is answered with pong or closes its socket, and others are unaffected",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const messages = fc.array(message, { minLength: 1, maxLength: 8 });
    const countOf = ({ length }: readonly unknown[]) => length;
    const tried = await fuzz("messages", messages, { countOf }, async (sent) => {
      const batch = await TestBatch.create([1]);
      const other = await batch.watch();
      const sender = await batch.watch();
      for (const text of sent) sender.send(text);
      const bad = sent.findIndex((text) => text !== "ping");
      if (bad === -1)
        await withTimeout(
          eventually(() => sender.texts.length === sent.length),
          "pong",
        );
      else
        await withTimeout(
          eventually(() => sender.closeCode === 1008),
          "the close",
        );
      // The platform still answers pings while the socket closes.
      expect(sender.texts.every((text) => text === "pong")).toBe(true);
      expect(sender.texts.length).toBeGreaterThanOrEqual(bad === -1 ? sent.length : bad);
      await batch.put(0, "x", { "Content-Length": "1" });
      await other.next("uploadCompleted");
      await expectConsistentBatch(batch);
      other.close();
      sender.close();
    });
    expect(tried).toBeGreaterThan(0);
  },
);
