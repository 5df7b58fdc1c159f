import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "./support/process-group.ts";

const LEFT_OUT = /^(?:node_modules|\.git|\.wrangler|\.dev\.vars|site\/dist)(?:\/|$)/u;

/** Copies the project as it is in this folder. Returns the folder of the copy. */
async function copyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-check-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const filter = (path: string) => !LEFT_OUT.test(relative(ROOT, path));
  await cp(ROOT, folder, { recursive: true, filter });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  // .gitignore only works in a repository.
  spawnSync("git", ["init", "-q"], { cwd: folder });
  return folder;
}

test("a plain `wrangler types` doesn't break npm run check", async (context) => {
  const cwd = await copyProject();
  const run = (...args: string[]) => spawnSync("npm", args, { cwd, encoding: "utf8" });
  const types = run("exec", "wrangler", "types");
  expect(types.stdout).toContain("Types written to worker-configuration.d.ts");
  const { status, stdout } = run("run", "check");
  await rm(join(cwd, "worker-configuration.d.ts"));
  if (status !== 0 && run("run", "check").status !== 0)
    return context.skip("The check fails without it, too.");
  expect({ status, stdout }).toMatchObject({ status: 0 });
});
