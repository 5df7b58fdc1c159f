import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyOperatorToken } from "../worker/auth/operator-jwt.ts";

const SECRET = "the-secret-of-the-deployment-itself";
const LOCAL = "the-secret-of-the-local-runs-instead";

let clone: string;

/** A clone whose .dev.vars is its own. */
beforeEach(async () => {
  clone = await mkdtemp(join(tmpdir(), "tallyman-operator-"));
  await cp("operator-token.ts", join(clone, "operator-token.ts"));
  for (const folder of ["worker", "durable-objects", "protocol", "node_modules"])
    await symlink(resolve(folder), join(clone, folder));
});

afterEach(() => rm(clone, { recursive: true, force: true }));

function run(secret?: string) {
  const { OPERATOR_SECRET: _, ...env } = process.env;
  return spawnSync(process.execPath, [join(clone, "operator-token.ts")], {
    encoding: "utf8",
    env: { ...env, ...(secret !== undefined && { OPERATOR_SECRET: secret }) },
  });
}

test("the command prints a token of 24 hours, and nothing else", async () => {
  const { status, stdout, stderr } = run(SECRET);
  expect([status, stderr]).toEqual([0, ""]);
  const { iat = 0, exp = 0 } = decodeJwt(stdout.trim());
  expect(exp - iat).toBe(24 * 60 * 60);
  await verifyOperatorToken(stdout.trim(), [SECRET]);
});

test("the first of two secrets signs", async () => {
  const token = run(` ${SECRET} ${LOCAL}`).stdout.trim();
  await expect(verifyOperatorToken(token, [SECRET])).resolves.toBeUndefined();
});

test.each([`OPERATOR_SECRET=${LOCAL}`, `export OPERATOR_SECRET = "${LOCAL}"`])(
  "without one, the local secret signs, and the command says so: %s",
  async (line) => {
    await writeFile(join(clone, ".dev.vars"), `ACCESS=open\n${line}\n`);
    const { stdout, stderr } = run();
    await verifyOperatorToken(stdout.trim(), [LOCAL]);
    expect(stderr).toContain("works for local runs only");
    await verifyOperatorToken(run(SECRET).stdout.trim(), [SECRET]);
  },
);

test.each([
  ["no secret", undefined, "OPERATOR_SECRET is not set. Set it to the secret of the deployment"],
  ["an empty secret", " ", "OPERATOR_SECRET is not set."],
  ["a short secret", "too-short", "OPERATOR_SECRET has 9 characters; a secret has at least 32."],
])("%s is an error that says what to do", (_, secret, message) => {
  const { status, stdout, stderr } = run(secret);
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain("too-short");
});
