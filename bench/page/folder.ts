import { randomFillSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files to drop on a page. */
export interface Files {
  files: number;
  /** Bytes of each. */
  bytes: number;
}

/** Runs a function with a temporary folder of files, each with different random bytes. */
export async function withFolder<Result>(
  contents: Files,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await makeFolder(contents);
  try {
    return await run(folder);
  } finally {
    await rm(dirname(folder), { recursive: true });
  }
}

async function makeFolder({ files, bytes }: Files): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "tallyman-files-")), "files");
  await mkdir(folder);
  const content = new Uint8Array(bytes);
  for (let number = 1; number <= files; number++) {
    await writeFile(join(folder, `file-${number}.bin`), randomFillSync(content));
  }
  return folder;
}
