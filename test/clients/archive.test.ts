import { execFile } from "node:child_process";
import { createHash, randomInt } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { combinedCrc32, crc32 } from "../../storage/crc32.ts";
import { ArchiveLayout } from "../../worker/archive/layout.ts";
import { formBody, formRequest } from "../../worker/testing/multipart.ts";
import { TestBatch } from "../support/batch.ts";
import { runClient } from "./run-client.ts";
import { serverAndFolder } from "./server-and-folder.ts";

const made = serverAndFolder();
const run = promisify(execFile);

const Read = v.object({
  bad: v.nullable(v.string()),
  names: v.array(v.string()),
  sizes: v.array(v.number()),
});

/** Returns bytes that differ from file to file. */
const bytesOf = (size: number, seed: number) =>
  new Uint8Array(size).map((_, index) => (index * (seed + 3)) >> 3);

/** Uploads files with these paths, in bundles. */
async function upload(
  files: readonly { path: string; bytes: Uint8Array<ArrayBuffer> }[],
): Promise<TestBatch> {
  const declared = files.map(({ path, bytes }) => ({ name: "name", path, size: bytes.length }));
  const batch = await TestBatch.create(made.origin, declared);
  const parts = files.map(({ bytes }, name) => ({ name, bytes }));
  const largest = Math.max(...files.map(({ bytes }) => bytes.length));
  const bundled = Math.min(100, Math.floor(4_000_000 / largest));
  for (let first = 0; first < parts.length; first += bundled) {
    const body = formRequest(formBody(parts.slice(first, first + bundled)));
    const response = await batch.call("/bundle", body);
    expect([response.status, response.headers.get("Tallyman-Failed")]).toEqual([200, "0"]);
    await response.body?.cancel();
  }
  return batch;
}

const someFiles = () =>
  upload(
    Array.from({ length: 30 }, (_, index) => ({
      path: `folder ${index % 3}/día ${index}.bin`,
      bytes: bytesOf(40_000 * (index + 1), index),
    })),
  );

const urlOf = (batch: TestBatch) =>
  `${batch.created.links.self}/archive?token=${batch.created.tokens.read}`;

let downloads = 0;

const newPath = () => join(made.folder, `${++downloads}.zip`);

async function download(batch: TestBatch): Promise<string> {
  const path = newPath();
  await run("curl", ["-sSf", "-o", path, urlOf(batch)]);
  return path;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Tests the archive with each reader. Returns its entries. @param folder for extracted files */
async function readBy(path: string, folder = ""): Promise<v.InferOutput<typeof Read>> {
  await run("unzip", ["-t", "-qq", path]);
  await run("7zz", ["t", path]);
  const program = join(import.meta.dirname, "archive.py");
  const read = v.parse(Read, await runClient("python3", program, path, folder));
  expect(read.bad).toBeNull();
  return read;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

describe("paths that lead out of the folder, or to the same file", () => {
  const PATHS = {
    "/etc/x": "etc/x",
    "C:\\x": "x",
    ".. /x": "x (2)",
    "\\\\host\\share\\x": "host/share/x",
    "photos/A.jpg": "photos/A.jpg",
    "photos/a.jpg": "photos/a (2).jpg",
    "photos/日本.jpg": "photos/日本.jpg",
    photos: "photos (2)",
    " . ": "file",
    "aux/con.txt": "_aux/_con.txt",
  };

  test("are files of their own in the folder to every reader", async () => {
    const paths = Object.keys(PATHS);
    const files = paths.map((path, index) => ({ path, bytes: bytesOf(100, index) }));
    const archive = await download(await upload(files));
    const names = Object.values(PATHS);
    const folders = ["python", "unzip", "7z"].map((name) => join(made.folder, "out", name));
    const [byPython = "", byUnzip = "", bySevenZip = ""] = folders;
    expect(await readBy(archive, byPython)).toMatchObject({ names });
    await run("unzip", ["-qq", archive, "-d", byUnzip], {
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    await run("7zz", ["x", archive, `-o${bySevenZip}`]);
    for (const folder of folders) {
      expect(await filesBelow(folder)).toEqual(names.toSorted());
      for (const [index, name] of names.entries())
        expect(await readFile(join(folder, name))).toEqual(Buffer.from(bytesOf(100, index)));
    }
  });
});

describe("an archive that is cut", () => {
  test("at 50 offsets is continued by curl", async () => {
    const batch = await someFiles();
    const whole = await download(batch);
    await readBy(whole);
    const [bytes, digest] = [await readFile(whole), await digestOf(whole)];
    const offsets = Array.from({ length: 50 }, () => randomInt(1, bytes.length));
    for (const offset of offsets) {
      const path = newPath();
      await writeFile(path, bytes.subarray(0, offset));
      await run("curl", ["-sSf", "-C", "-", "-o", path, urlOf(batch)]);
      expect([offset, await digestOf(path)]).toEqual([offset, digest]);
    }
  });

  test("by its reader is continued by curl", async () => {
    const batch = await someFiles();
    const path = newPath();
    const script = `curl -sS "$1" | head -c 5000000 > "$2"; curl -sSf -C - -o "$2" "$1"`;
    await run("sh", ["-c", script, "sh", urlOf(batch), path]);
    expect(await digestOf(path)).toBe(await digestOf(await download(batch)));
  });

  test("by a file that is deleted meanwhile ends early, and then is another one", async () => {
    const bytes = bytesOf(1_000_000, 1);
    const files = Array.from({ length: 60 }, (_, index) => ({ path: `${index}`, bytes }));
    const batch = await upload(files);
    const response = await fetch(urlOf(batch));
    const reader = response.body?.getReader();
    await reader?.read();
    await (await batch.call("/files/59", { method: "DELETE" })).body?.cancel();
    const readAll = async () => {
      for (let read = await reader?.read(); read && !read.done; read = await reader?.read());
    };
    await expect(readAll()).rejects.toThrow("terminated");
    const headers = { Range: "bytes=1000-", "If-Range": response.headers.get("ETag") ?? "" };
    const later = await fetch(urlOf(batch), { headers });
    expect(later.status).toBe(200);
    await later.body?.cancel();
    expect((await readBy(await download(batch))).names).toHaveLength(59);
  });
});

test("an archive is downloaded in parallel by aria2c", async () => {
  const batch = await someFiles();
  const path = newPath();
  const options = [
    "-x8",
    "-s8",
    "-k1M",
    "-q",
    "-d",
    made.folder,
    "-o",
    path.slice(made.folder.length + 1),
  ];
  await run("aria2c", [...options, urlOf(batch)]);
  expect(await digestOf(path)).toBe(await digestOf(await download(batch)));
});

test("an archive of 10,000 files is read by every reader", async () => {
  const files = Array.from({ length: 10_000 }, (_, index) => ({
    path: `folder ${index % 10}/${index}.txt`,
    bytes: bytesOf(20 + (index % 7), index),
  }));
  const { names, sizes } = await readBy(await download(await upload(files)));
  expect(names).toEqual(files.map(({ path }) => path));
  expect(sizes).toEqual(files.map(({ bytes }) => bytes.length));
});

test("the layout of an archive with a file of 5 GiB is read by every reader", async () => {
  const GIB = 2 ** 30;
  const zeros = crc32(new Uint8Array(GIB));
  const blocks = Array.from({ length: 5 }, () => ({ crc32: zeros, length: GIB }));
  const modified = Date.UTC(2026, 0);
  const small = { name: "small", size: 5, crc32: crc32(new Uint8Array(5)), modified };
  const large = { name: "large", size: 5 * GIB, crc32: combinedCrc32(blocks), modified };
  const layout = new ArchiveLayout([small, large, { ...small, name: "after" }]);
  // The contents are zeros, so the file needs little of the disk.
  const path = newPath();
  const file = await open(path, "w");
  let offset = 0;
  for (const piece of layout.pieces({ offset: 0, length: layout.size })) {
    if (piece instanceof Uint8Array) await file.write(piece, 0, piece.length, offset);
    offset += piece.length;
  }
  await file.close();
  expect((await stat(path)).size).toBe(layout.size);
  expect(await readBy(path)).toMatchObject({
    names: ["small", "large", "after"],
    sizes: [5, 5 * GIB, 5],
  });
});
