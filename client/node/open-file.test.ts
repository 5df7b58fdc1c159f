import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test as anyTest } from "vitest";
import { sha256Of } from "../send/digest.ts";
import { openFile } from "./open-file.ts";
import { sliceOf } from "../send/part-digests.ts";

const GIB = 2 ** 30;
const LARGE = 5 * GIB + 10;

const test = anyTest.extend("folder", async ({}, { onCleanup }) => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-"));
  onCleanup(() => rm(folder, { recursive: true }));
  return folder;
});

/** Creates a sparse file, which takes no disk space, with words at some offsets. */
async function largeFile(folder: string, words: Readonly<Record<number, string>>): Promise<string> {
  const path = join(folder, "film.mov");
  await using file = await open(path, "w");
  await file.truncate(LARGE);
  for (const [offset, word] of Object.entries(words)) await file.write(word, Number(offset));
  return path;
}

describe("openFile", () => {
  test("returns name, time and content of a small file", async ({ folder }) => {
    await writeFile(join(folder, "a.txt"), "small");
    const { name, lastModified, blob } = await openFile(join(folder, "a.txt"));
    expect([name, blob.size, await blob.text()]).toEqual(["a.txt", 5, "small"]);
    expect(lastModified).toBeGreaterThan(Date.now() - 60_000);
    expect(Number.isInteger(lastModified)).toBe(true);
  });

  test("reads the right bytes of a file of more than 4 GiB", async ({ folder }) => {
    const words = {
      0: "first",
      [2 * GIB - 3]: "second",
      [4 * GIB - 2]: "third",
      [LARGE - 4]: "last",
    };
    const { blob } = await openFile(await largeFile(folder, words));
    expect(blob.size).toBe(LARGE);
    for (const [offset, word] of Object.entries(words)) {
      const piece = blob.slice(Number(offset), Number(offset) + word.length);
      expect([piece.size, await piece.text()]).toEqual([word.length, word]);
    }
    expect(
      await blob
        .slice(4 * GIB)
        .slice(-2, 2 * GIB)
        .text(),
    ).toBe("st");
    expect(new TextDecoder().decode(await blob.slice(-4).bytes())).toBe("last");
    expect((await blob.slice(7, 3).arrayBuffer()).byteLength).toBe(0);
  });

  test("gives parts the digests of their bytes", async ({ folder }) => {
    const { blob } = await openFile(await largeFile(folder, { [LARGE - 4]: "last" }));
    const part = sliceOf(blob, Math.ceil(LARGE / (8 * 2 ** 20)));
    expect(part.size).toBe(10);
    const same = new Blob([new Uint8Array(6), "last"]);
    expect(await sha256Of(part)).toBe(await sha256Of(same));
  });

  test("rejects reading a file that was changed or deleted", async ({ folder }) => {
    const path = await largeFile(folder, {});
    const { blob } = await openFile(path);
    await truncate(path, LARGE + 1);
    await expect(sha256Of(blob.slice(0, 1))).rejects.toMatchObject({ code: "file_unreadable" });
    await rm(path);
    await expect(sha256Of(blob.slice(0, 1))).rejects.toMatchObject({ code: "file_unreadable" });
    await expect(openFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
