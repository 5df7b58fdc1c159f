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
  "whatever a watcher says, others hear on, and it gets pong or is let go",
  { timeout: FUZZ_TIMEOUT_MS },
  async () => {
    const messages = fc.array(message, { minLength: 1, maxLength: 8 });
    const countOf = ({ length }: readonly unknown[]) => length;
    const tried = await fuzz("messages", messages, { countOf }, async (said) => {
      const batch = await TestBatch.create([1]);
      const other = await batch.watch();
      const loud = await batch.watch();
      for (const text of said) loud.send(text);
      const bad = said.findIndex((text) => text !== "ping");
      if (bad === -1)
        await withTimeout(
          eventually(() => loud.texts.length === said.length),
          "pong",
        );
      else
        await withTimeout(
          eventually(() => loud.closeCode === 1008),
          "the end",
        );
      // The platform still answers pings that come while the socket is being closed.
      expect(loud.texts.every((text) => text === "pong")).toBe(true);
      expect(loud.texts.length).toBeGreaterThanOrEqual(bad === -1 ? said.length : bad);
      await batch.put(0, "x", { "Content-Length": "1" });
      await other.next("uploadCompleted");
      await expectConsistentBatch(batch);
      other.close();
      loud.close();
    });
    expect(tried).toBeGreaterThan(0);
  },
);
