import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FileDeclaration } from "../../protocol/schemas.ts";
import { newFile } from "./file.ts";
import { FILES_PER_ROW, Store } from "./store.ts";
import { newBatchRecord } from "./tally.ts";

/** Runs in a new object, with an empty store. */
function inStore<T>(use: (store: Store, storage: DurableObjectStorage) => T): Promise<T> {
  const stub = env.BATCH.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_, { storage }) => use(new Store(storage), storage));
}

function declarations(count: number, first = 0): FileDeclaration[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${first + index}`, size: index }));
}

const namesOf = (files: readonly FileDeclaration[]) => files.map(({ name }) => name);
const numbers = (first: number, end: number) => namesOf(declarations(end - first, first));

describe("the manifest", () => {
  test("returns any range of files, declared in any number of calls", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 6 }),
        fc.nat(500),
        fc.nat(500),
        async (counts, a, b) => {
          const [first, end] = [Math.min(a, b), Math.max(a, b)];
          const ids = Array.from({ length: end - first }, (_, index) => first + index);
          const found = await inStore((store) => {
            let declared = 0;
            for (const count of counts) {
              store.appendManifest(declared, declarations(count, declared));
              declared += count;
            }
            return {
              names: namesOf(store.declarations(ids).flatMap((file) => file ?? [])),
              declared,
            };
          });
          const last = Math.min(end, found.declared);
          expect(found.names).toEqual(numbers(Math.min(first, last), last));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("packs files into rows of 128 KiB, and never writes a row again", async () => {
    const { added, before, lengths } = await inStore((store, storage) => {
      const rows = () => [...storage.kv.list<FileDeclaration[]>({ prefix: "manifest/" })];
      store.appendManifest(0, declarations(10_000));
      const first = rows().length;
      const name = "x".repeat(1024);
      const long = { name, size: 1, path: name.repeat(4) };
      store.appendManifest(
        10_000,
        Array.from({ length: 100 }, () => long),
      );
      return {
        before: first,
        added: rows().length - first,
        lengths: rows().map(([, row]) => JSON.stringify(row).length),
      };
    });
    expect(before).toBeLessThan(5);
    expect(added).toBe(4);
    expect(Math.max(...lengths)).toBeLessThan(150 * 1024);
  });
});

describe("the records", () => {
  const records = (count: number) => Array.from({ length: count }, (_, size) => newFile(size));

  test("are loaded as they were saved, in order of ids", async () => {
    const files = records(200);
    const loaded = await inStore((store) => {
      store.saveConfig({ format: 1, id: "a", folder: "a/", metadata: { album: 7 } });
      store.saveBatch({ ...newBatchRecord(1), isAhead: false });
      store.saveRecords(files, files.keys());
      return store.load();
    });
    expect(loaded).toEqual({
      config: { format: 1, id: "a", folder: "a/", metadata: { album: 7 } },
      batch: { ...newBatchRecord(1), isAhead: false },
      records: files,
    });
  });

  test("are written only in rows with changed files", async () => {
    const before = records(200);
    const after = before.map((file) => Object.assign({}, file, { attempts: 1 }));
    const attempts = await inStore((store) => {
      store.saveConfig({ format: 1, id: "a", folder: "a/", metadata: {} });
      store.saveBatch({ ...newBatchRecord(1), isAhead: false });
      store.saveRecords(before, before.keys());
      store.saveRecords(after, [FILES_PER_ROW, 199]);
      return store.load()?.records.map((file) => file.attempts);
    });
    const untouched = Array.from({ length: FILES_PER_ROW }, () => 0);
    const rewritten = Array.from({ length: FILES_PER_ROW }, () => 1);
    const last = Array.from({ length: 200 - 3 * FILES_PER_ROW }, () => 1);
    expect(attempts).toEqual([...untouched, ...rewritten, ...untouched, ...last]);
  });

  test("do not exist before the batch was created", async () => {
    expect(await inStore((store) => store.load())).toBeUndefined();
  });
});

describe("parts", () => {
  const record = (etag: string) => ({ etag, sha256: `of ${etag}` });

  test("are found by their numbers, saved in any order", async () => {
    const found = await inStore((store) => {
      for (const part of [130, 1, 65]) store.savePart(7, part, record(`etag-${part}`));
      store.savePart(8, 1, record("another file's"));
      store.savePart(7, 65, record("second"));
      return { parts: store.parts(7), last: store.part(7, 130), missing: store.part(7, 2) };
    });
    expect(found.last).toEqual(record("etag-130"));
    expect(found.missing).toBeNull();
    expect([...found.parts.entries()].filter(([, part]) => part !== null)).toEqual([
      [0, record("etag-1")],
      [64, record("second")],
      [129, record("etag-130")],
    ]);
  });

  test("are deleted by file", async () => {
    const left = await inStore((store) => {
      for (const file of [7, 70, 71]) {
        for (const part of [1, 100]) store.savePart(file, part, record("x"));
      }
      store.deleteParts(7);
      return [7, 70, 71].map((file) => store.parts(file).filter(Boolean).length);
    });
    expect(left).toEqual([0, 2, 2]);
  });
});

test("the result of a declaring call is stored under its key", async () => {
  const result = { firstFile: 3, count: 2, rev: 9 };
  const found = await inStore((store) => {
    store.saveDeclared("key", result);
    return [store.declared("key"), store.declared("other"), store.declared("")];
  });
  expect(found).toEqual([result, undefined, undefined]);
});
