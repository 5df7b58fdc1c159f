import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runClient } from "./run-client.ts";
import { serverAndFolder } from "./server-and-folder.ts";

/** Set-up does not install Debian's golang-go: it takes 464 MB. */
const isInstalled = spawnSync("go", ["version"]).status === 0;

const made = serverAndFolder();

test.runIf(isInstalled).each([0, 1, 3_000_000])("Go sends a file of %d bytes", async (size) => {
  const path = join(made.folder, `${size}.bin`);
  const bytes = new Uint8Array(size).fill(0xff);
  await writeFile(path, bytes);
  const program = join(import.meta.dirname, "upload.go");
  const output = await runClient("go", "run", program, made.origin, path);
  const stored = { state: "completed", sha256: createHash("sha256").update(bytes).digest("hex") };
  const put = { status: 200, data: stored };
  expect(output).toMatchObject({
    puts: { "os.File": put, "bytes.Reader": put, "strings.Reader": put, "io.Reader": put },
    bundle: { status: 200, data: { files: [stored] } },
    upload: { status: 201, data: { files: [stored] } },
    download: size === 0 ? { status: 416 } : { status: 206, bytes: Math.min(size, 5) },
    refusal: { status: 404, data: { code: "file_not_found" } },
  });
});
