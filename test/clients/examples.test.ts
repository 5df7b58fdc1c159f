import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { cleanUpAfterAll } from "../support/cleanup.ts";
import { ROOT } from "../support/process-group.ts";
import { type Server, startServer } from "../support/server.ts";

const PAGE = new URL("../../docs/examples.md", import.meta.url);
const run = promisify(execFile);

interface Language {
  /** The name of its code blocks. */
  block: string;
  program: string;
  file: string;
  /** Comes before all examples: the first error ends the program. */
  head: string;
  /** Prints a line before an example. */
  mark: (line: string) => string;
}

const LANGUAGES: Record<string, Language> = {
  curl: {
    block: "sh",
    program: "bash",
    file: "examples.sh",
    head: 'set -euo pipefail; curl() { command curl --silent --show-error --fail-with-body "$@"; }',
    mark: (line) => `printf '\\n%s\\n' '${line}'`,
  },
  Python: {
    block: "python",
    program: "python3",
    file: "examples.py",
    head: "",
    mark: (line) => `print("\\n${line}")`,
  },
  TypeScript: {
    block: "ts",
    program: process.execPath,
    file: "examples.mts",
    head: "",
    mark: (line) => `console.log("\\n${line}");`,
  },
};

/** The files of a form are found with their digests, as an archive, and in a receipt of three lines. */
const FORM_FILES = {
  Python: /^completed\na\.jpg True\nb\.jpg True\napplication\/zip 3$/u,
  TypeScript: /^completed\na\.jpg true\nb\.jpg true\napplication\/zip 3$/u,
};

/** Results of the examples by their headings, in the order of the page. */
const RESULTS: Record<string, Record<string, RegExp>> = {
  curl: {
    "Upload a few files": /^\{"batch":.*"completed":2/u,
    "Create a batch": /^http:.*\/v1\/batches\/[0-9a-f]{32}$/u,
    "Send many small files in one request": /"rev":.*Tallyman-Failed: 0/isu,
    "Send one file": /"state":"completed"/u,
    "Send a large file in parts": /"received":\[1\].*"state":"completed"/su,
    "Watch by Server-Sent Events": /event: snapshot.*event: uploadCompleted.*event: end/su,
    "Wait for a change": /"state":"completed".*"percentComplete":100/u,
    "Poll without a change": /"state":"completed".*304$/su,
    "Repeat requests": /"count":0.*"state":"completed"/su,
    "Retry failed files": /"failed":0/u,
    Download: /^hellNo errors detected in compressed data of files\.zip\.$/u,
    Delete: /"state":"cancelled".*204$/su,
  },
  Python: {
    "Upload a few files": /^\['completed', 'completed'\]$/u,
    "Create a batch": /^201 4$/u,
    "Send many small files in one request": /^failed: 0$/u,
    "Send one file": /^completed$/u,
    "Send a large file in parts": /^completed$/u,
    "Watch by Server-Sent Events": /^snapshot \d+\nuploadCompleted \d+\nNone None$/u,
    "Wait for a change": /^completed 4$/u,
    "Retry failed files": /^0$/u,
    Download: /^True 206 hell$/u,
    "Find the files of a form": FORM_FILES.Python,
  },
  TypeScript: {
    "Upload a few files": /^\[ 'completed', 'completed' \]$/u,
    "Create a batch": /^201 [0-9a-f]{32}$/u,
    "Repeat requests": /^200$/u,
    "Send many small files in one request": /^failed: 0$/u,
    "Send one file": /^completed$/u,
    "Send a large file in parts": /^uploading\ncompleted$/u,
    "Watch by Server-Sent Events": /event: snapshot.*event: uploadCompleted.*event: end/su,
    "Wait for a change": /^completed 4$/u,
    "Retry failed files": /^0$/u,
    Download: /^true 206 hell$/u,
    "Find the files of a form": FORM_FILES.TypeScript,
  },
};

let server: Server;

const cleanUp = cleanUpAfterAll();

beforeAll(async () => {
  server = await startServer();
  cleanUp(() => server.stop());
});

/** Returns the examples of a language: its code blocks by their headings. */
async function examplesIn(language: string): Promise<[heading: string, code: string][]> {
  const { block = "" } = LANGUAGES[language] ?? {};
  const [, section = ""] = (await readFile(PAGE, "utf8")).split(`\n## ${language}\n`);
  const [text = ""] = section.split("\n## ", 1);
  const example = new RegExp(`^### ([^\\n]*)\\n\\n\`\`\`${block}\\n(.*?)^\`\`\`$`, "gmsu");
  return [...text.matchAll(example)].map(([, heading = "", code = ""]) => [heading, code]);
}

/** Runs the examples as one program. Returns the output of each. */
async function outputs(language: Language, examples: [string, string][]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "tallyman-examples-"));
  cleanUp(() => rm(folder, { recursive: true }));
  const program = examples.flatMap(([heading, code]) => [language.mark(`=== ${heading}`), code]);
  await writeFile(join(folder, language.file), [language.head, ...program].join("\n"));
  const env = { ...process.env, TALLYMAN: server.origin, GRANT_SECRET: server.grantSecret };
  const { stdout } = await run(language.program, [language.file], { cwd: folder, env });
  return stdout.split(/^=== .*\n/mu).slice(1);
}

describe.each(Object.entries(LANGUAGES))(
  "the examples for %s in docs/examples.md",
  (name, language) => {
    test("do what they say", async () => {
      const examples = await examplesIn(name);
      const results = Object.entries(RESULTS[name] ?? {});
      expect(examples.map(([heading]) => heading)).toEqual(results.map(([heading]) => heading));
      const printed = await outputs(language, examples);
      for (const [index, [, result]] of results.entries())
        expect.soft(printed[index]?.trim()).toMatch(result);
    });
  },
);

test("the examples for TypeScript have no type errors", async () => {
  // Beside the packages, whose types they use.
  const folder = await mkdtemp(join(ROOT, "node_modules", ".examples-"));
  cleanUp(() => rm(folder, { recursive: true }));
  const code = (await examplesIn("TypeScript")).map(([, example]) => example);
  await writeFile(join(folder, "examples.mts"), code.join("\n"));
  const options = ["--ignoreConfig", "--noEmit", "--strict", "--target", "es2024"];
  const modules = ["--module", "nodenext", "--lib", "es2024,dom,dom.iterable", "--types", "node"];
  const checked = run("tsc", [...options, ...modules, "examples.mts"], { cwd: folder });
  await expect(checked).resolves.toEqual({ stdout: "", stderr: "" });
});
