// node test/golden-batch/make.ts: makes the golden batch of the current format, and stores it under
// durable-objects/batch/testing/golden/ with today's date and a number. Earlier ones stay there: the newest code must
// load, expire and delete each of them (durable-objects/batch/golden-batch.test.ts).
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { ROOT } from "../support/process-group.ts";

const FOLDER = "durable-objects/batch/testing";

process.env["VITEST_INCLUDE"] = `${FOLDER}/make-golden-batch.ts`;
const vitest = await startVitest([], { root: ROOT, project: "worker", watch: false });
const metas = vitest.state
  .getTestModules()
  .flatMap((module) => [...module.children.allTests()].map((made) => made.meta()));
await vitest.close();
const [golden] = metas.flatMap((meta) => ("golden" in meta ? [meta.golden] : []));
const text = JSON.stringify(golden, null, 2);
const format = /"format": (\d+)/u.exec(text)?.[1];
const date = new Date().toISOString().slice(0, 10);
const folder = join(ROOT, FOLDER, "golden");
const name = `format-${format}-${date}`;
const ofToday = (await readdir(folder)).filter((earlier) => earlier.startsWith(name));
const file = join(folder, `${name}-${ofToday.length + 1}.json`);
await writeFile(file, `${text}\n`);
console.log(file);
