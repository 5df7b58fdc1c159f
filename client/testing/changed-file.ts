import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { openAsBlob } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Returns the content of a file of `size` bytes that has changed on the disk since it was opened. */
export async function changedFile(size: number): Promise<Blob> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-changed-"));
  const path = join(folder, "file");
  await writeFile(path, Buffer.alloc(size));
  const blob = await openAsBlob(path);
  await rm(folder, { recursive: true });
  return blob;
}
