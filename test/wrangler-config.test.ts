import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { ROOT } from "./support/process-group.ts";

const config: unknown = unstable_readConfig({ config: join(ROOT, "wrangler.toml") });

test("a deployment has no address that its operator has not chosen", () => {
  expect(config).toMatchObject({ workers_dev: false, preview_urls: false });
  expect(config).not.toHaveProperty(["route"], expect.anything());
  expect(config).not.toHaveProperty(["routes"], expect.anything());
});

test("a deployment takes batches from clients with a grant and from its own page only", () => {
  expect(config).toMatchObject({ vars: { ACCESS: "grant", ALLOWED_ORIGINS: "" } });
});

test("the platform logs no URL with its query", () => {
  const logs = { invocation_logs: false };
  const observability = { enabled: true, redact_query_string: true, logs };
  expect(config).toMatchObject({ observability });
  expect(config).not.toHaveProperty(["logpush"], true);
});

test("stack traces name lines of the sources", () => {
  expect(config).toMatchObject({ upload_source_maps: true });
});

test("a call is limited to what the largest file, form and cleanup need", () => {
  expect(config).toMatchObject({ limits: { cpu_ms: 60_000, subrequests: 50_000 } });
});

test("Wrangler deploys it without a warning", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-dry-run-"));
  const args = ["wrangler", "deploy", "--dry-run", "--outdir", folder];
  const { stdout, stderr } = await promisify(execFile)("npx", args, { cwd: ROOT });
  await rm(folder, { recursive: true, force: true });
  expect(stdout).toContain("--dry-run: exiting now.");
  expect(`${stdout}${stderr}`).not.toMatch(/warning|unexpected/iu);
});
