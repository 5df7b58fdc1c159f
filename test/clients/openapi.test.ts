import { execFile } from "node:child_process";
import { copyFile, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runClient } from "./run-client.ts";
import { serverAndFolder } from "./server-and-folder.ts";

const NODE_CLIENTS = join(import.meta.dirname, "node");
const EXAMPLES = new URL("../../docs/examples.md", import.meta.url);
const run = promisify(execFile);

const made = serverAndFolder();

/** Runs the command of docs/examples.md that generates the types, word for word. */
async function generateTypes(): Promise<void> {
  const [, section = ""] = (await readFile(EXAMPLES, "utf8")).split("## Generated clients\n");
  const command = /^```sh\n(.*?)^```$/msu.exec(section)?.[1] ?? "exit 1";
  const env = { ...process.env, TALLYMAN: made.origin };
  await run("sh", ["-c", command], { cwd: made.folder, env });
}

test("the document is valid OpenAPI", async () => {
  const program = join(NODE_CLIENTS, "validate.mjs");
  const url = `${made.origin}/v1/openapi.json`;
  expect(await runClient(process.execPath, program, url)).toEqual([]);
});

test("a generated TypeScript client has the types of what it sends and gets", async () => {
  await symlink(join(NODE_CLIENTS, "node_modules"), join(made.folder, "node_modules"));
  await writeFile(join(made.folder, "package.json"), '{"type": "module"}');
  await copyFile(join(NODE_CLIENTS, "generated.ts"), join(made.folder, "generated.ts"));
  await generateTypes();

  const options = ["--strict", "--noEmit", "--noUncheckedIndexedAccess", "--skipLibCheck", "false"];
  const modules = ["--target", "es2024", "--module", "nodenext", "--allowImportingTsExtensions"];
  const types = ["--lib", "es2024,dom,dom.iterable"];
  const check = [...options, ...modules, ...types, "generated.ts"];
  const path = [join(made.folder, "node_modules/.bin"), process.env["PATH"]].join(delimiter);
  await run("tsc", check, { cwd: made.folder, env: { ...process.env, PATH: path } });

  const program = join(made.folder, "generated.ts");
  expect(await runClient(process.execPath, program, made.origin)).toMatchObject({
    file: { id: 0, state: "completed", size: 6 },
    second: "completed",
    first: { id: 0, name: "0.txt" },
    status: { state: "completed", metadata: { name: "Two texts" }, totals: { completed: 2 } },
    code: "file_not_found",
  });
});

test("a Python client finds its calls in the document", async () => {
  const paths = ["a.txt", "b.txt"].map((name) => join(made.folder, name));
  for (const path of paths) await writeFile(path, "hello\n");
  const program = join(import.meta.dirname, "openapi.py");
  const status = await runClient("python3", program, made.origin, ...paths);
  expect(status).toMatchObject({ state: "completed", totals: { completed: 2, bytes: 12 } });
});
