import { randomFillSync } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes a folder of files of random bytes, all different, in a new temporary folder. */
export async function makeFolder(files: number, bytes: number): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "tallyman-files-")), "files");
  await mkdir(folder);
  const content = new Uint8Array(bytes);
  for (let number = 1; number <= files; number++) {
    await writeFile(join(folder, `file-${number}.bin`), randomFillSync(content));
  }
  return folder;
}
