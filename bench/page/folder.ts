import { randomFillSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encodePng } from "../../test/support/images.ts";

/** Files to drop on a page. */
export interface Files {
  files: number;
  /** Bytes of each; of pictures, about as many. */
  bytes: number;
  arePictures?: boolean;
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

async function makeFolder({ files, bytes, arePictures = false }: Files): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), "tallyman-files-")), "files");
  await mkdir(folder);
  const content = new Uint8Array(bytes);
  for (let number = 1; number <= files; number++) {
    randomFillSync(content);
    const [name, file] = arePictures ? ["png", pictureOf(content)] : ["bin", content];
    await writeFile(join(folder, `file-${number}.${name}`), file);
  }
  return folder;
}

/** Returns a PNG of about that content: 24 pixels wide, three bytes for each. */
function pictureOf(content: Uint8Array): Uint8Array {
  const height = Math.floor(content.length / 24 / 3);
  return encodePng(24, height, content.subarray(0, 24 * height * 3));
}
