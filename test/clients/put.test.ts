import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TestBatch } from "../support/batch.ts";
import { runClient } from "./run-client.ts";
import { serverAndFolder } from "./server-and-folder.ts";

const made = serverAndFolder();

const CURL = {
  "curl -T": (path: string) => ["-T", path],
  "curl --data-binary": (path: string) => ["-X", "PUT", "--data-binary", `@${path}`],
  "curl -H chunked": (path: string) => ["-H", "Transfer-Encoding: chunked", "-T", path],
};
const PYTHON = ["requests", "urllib"].flatMap((library) =>
  ["file", "bytes", "generator"].map((body) => `${library}-${body}`),
);

describe.each([0, 1, 70_000, 3_000_000])("a file of %d bytes", (size) => {
  const bytes = new Uint8Array(size).fill(7);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const stored = { state: "completed", sha256 };

  /** Declares the file. Returns its path, URL and token. */
  async function declare() {
    const path = join(made.folder, `${size}-bytes`);
    await writeFile(path, bytes);
    const { created } = await TestBatch.create(made.origin, [size]);
    const token = created.tokens.write;
    return { path, url: `${created.links.self}/files/0`, token };
  }

  // curl 7.88 never ends the chunked body of an empty file.
  const ways = Object.entries(CURL).filter(([way]) => size > 0 || way !== "curl -H chunked");

  test.each(ways)("%s", async (_, argumentsFor) => {
    const { path, url, token } = await declare();
    const header = `Authorization: Bearer ${token}`;
    const response = await runClient("curl", "-sS", ...argumentsFor(path), "-H", header, url);
    expect(response).toMatchObject(stored);
  });

  test("curl -T - with a pipe", async () => {
    const { path, url, token } = await declare();
    const script = `cat "$1" | curl -sS -T - -H "$2" "$3"`;
    const header = `Authorization: Bearer ${token}`;
    expect(await runClient("sh", "-c", script, "sh", path, header, url)).toMatchObject(stored);
  });

  test.each(PYTHON)("Python: %s", async (way) => {
    const { path, url, token } = await declare();
    const program = join(import.meta.dirname, "upload.py");
    const response = await runClient("python3", program, way, url, token, path);
    expect(response).toMatchObject(stored);
  });
});
