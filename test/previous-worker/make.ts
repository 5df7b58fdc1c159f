// node test/previous-worker/make.ts: bundles the Workers of earlier commits again, as they were deployed.
// Their Durable Objects and today's run side by side during a deployment: see previous-worker.test.ts.
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/process-group.ts";

/** The bundles and their commits. */
const COMMITS = {
  // The last one before batches had a format. Today's objects do not read what it stored.
  "before-formats.js": "213c09c",
  "format-1.js": "b78531f",
};

const run = promisify(execFile);

async function bundle(commit: string, file: string): Promise<void> {
  const checkout = await mkdtemp(join(tmpdir(), "tallyman-previous-"));
  const options = { cwd: checkout };
  await run("git", ["worktree", "add", "--detach", checkout, commit], { cwd: ROOT });
  try {
    await run("npm", ["ci"], options);
    await mkdir(join(checkout, "site/dist"), { recursive: true });
    await run("npx", ["wrangler", "deploy", "--dry-run", "--minify", "--outdir", "out"], options);
    await copyFile(join(checkout, "out/index.js"), join(ROOT, "test/previous-worker", file));
  } finally {
    await run("git", ["worktree", "remove", "--force", checkout], { cwd: ROOT });
    await rm(checkout, { recursive: true, force: true });
  }
}

for (const [file, commit] of Object.entries(COMMITS)) await bundle(commit, file);
