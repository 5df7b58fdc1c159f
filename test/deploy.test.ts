import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DAY_MS } from "../protocol/index.ts";
import { cleanUpAfterAll } from "./support/cleanup.ts";
import { ROOT } from "./support/process-group.ts";
import { writeConfig } from "./support/write-config.ts";

const DEPLOYED = join(ROOT, "node_modules/.cache/tallyman/deploy");
const LIST = "/deployed-files.json";

const cleanUp = cleanUpAfterAll();
let bundle: string;

beforeAll(async () => {
  bundle = await mkdtemp(join(tmpdir(), "tallyman-dry-run-"));
  cleanUp(() => rm(bundle, { recursive: true, force: true }));
});

interface Outcome {
  code: unknown;
  stdout: string;
  stderr: string;
}

/** Runs the command without deploying. */
function deploy(...args: string[]): Promise<Outcome> {
  const parameters = ["deploy.ts", "--dry-run", "--outdir", bundle, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** Plays the live site. Returns its address. */
async function site(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : ""}`;
}

/** A site with these files, and none else. */
const siteWith = (files: Readonly<Record<string, string>>) =>
  site(({ url = "" }, response) => {
    const body = files[url];
    response.writeHead(body === undefined ? 404 : 200, { "Tallyman-Version": "0.1.0" });
    response.end(body ?? "{}");
  });

const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

test("files of earlier builds are kept for 30 days after they were replaced", async () => {
  const recent = daysAgo(29);
  const list = {
    "assets/current-aaaaaaaa.js": null,
    "assets/recent-bbbbbbbb.js": recent,
    "assets/old-cccccccc.js": daysAgo(31),
    "embed/lost-dddddddd.js": null,
  };
  const origin = await siteWith({
    [LIST]: JSON.stringify(list),
    "/assets/current-aaaaaaaa.js": "current",
    "/assets/recent-bbbbbbbb.js": "recent",
    "/assets/old-cccccccc.js": "old",
  });
  const { code, stdout } = await deploy("--site", origin);
  expect([code, stdout]).toEqual([0, expect.stringContaining(`directory ${DEPLOYED}`)]);
  const names = await readdir(join(DEPLOYED, "assets"));
  expect(names).toEqual(expect.arrayContaining(["current-aaaaaaaa.js", "recent-bbbbbbbb.js"]));
  expect(names).not.toContain("old-cccccccc.js");
  expect(await readFile(join(DEPLOYED, "assets/recent-bbbbbbbb.js"), "utf8")).toBe("recent");
  const files: Record<string, string | null> = JSON.parse(
    await readFile(join(DEPLOYED, LIST), "utf8"),
  );
  expect(files).toMatchObject({
    "assets/current-aaaaaaaa.js": expect.any(String),
    "assets/recent-bbbbbbbb.js": recent,
  });
  const current = Object.keys(files).filter((path) => files[path] === null);
  const built = await Promise.all(
    ["assets", "embed"].map(async (folder) =>
      (await readdir(join(ROOT, "site/dist", folder))).map((name) => `${folder}/${name}`),
    ),
  );
  expect(current.toSorted()).toEqual(built.flat().toSorted());
  expect(Object.keys(files)).toHaveLength(current.length + 2);
});

test("a site that was deployed without a list keeps nothing", async () => {
  const { code, stdout } = await deploy(`--site=${await siteWith({})}`);
  expect([code, stdout]).toEqual([0, expect.stringContaining("has no deployed-files.json")]);
  expect((await readdir(DEPLOYED)).toSorted()).toEqual(
    [...(await readdir(join(ROOT, "site/dist"))), LIST.slice(1)].toSorted(),
  );
});

test("the first deployment needs no site", async () => {
  const { code, stdout } = await deploy("--without-earlier");
  expect([code, stdout]).toEqual([0, expect.stringContaining("--dry-run: exiting now.")]);
});

/** Deploys with a variable. */
async function deployWith(name: string, value: string): Promise<void> {
  const config = await writeConfig(bundle, { [`${name} = ""`]: `${name} = "${value}"` });
  expect((await deploy("--without-earlier", "--config", config)).code).toBe(0);
}

test("all pages may show files of CONTENT_ORIGIN", async () => {
  await deployWith("CONTENT_ORIGIN", "https://files.example");
  const headers = await readFile(join(DEPLOYED, "_headers"), "utf8");
  expect(headers).toContain(" img-src 'self' https://files.example blob: data:;");
  expect(headers).toContain(" media-src 'self' https://files.example;");
});

test("the address of the picture for link previews is absolute with PUBLIC_URL", async () => {
  await deployWith("PUBLIC_URL", "https://t.example");
  const html = await readFile(join(DEPLOYED, "index.html"), "utf8");
  expect(html).toContain('property="og:image" content="https://t.example/icons/icon-512.png"');
});

describe("nothing is deployed", () => {
  test("if no live site is known", async () => {
    const { code, stderr } = await deploy();
    expect([code, stderr]).toEqual([1, expect.stringContaining("set PUBLIC_URL")]);
  });

  test.each(["http://tallyman.example", "tallyman.example", "file:///tmp"])(
    "from a live site at %s",
    async (address) => {
      const { code, stderr } = await deploy("--site", address);
      expect([code, stderr]).toEqual([1, expect.stringContaining("starts with https://")]);
    },
  );

  test.each<[string, RequestListener, string]>([
    ["breaks the connection", (_, { socket }) => socket?.destroy(), "can't be reached"],
    ["redirects", (_, to) => to.writeHead(302, { Location: "/login" }).end(), "can't be reached"],
    ["responds with a login page", (_, to) => to.end("<form>"), "is not a file of Tallyman's"],
    [
      "responds with an error",
      (_, to) => to.writeHead(503, { "Tallyman-Version": "0.1.0" }).end(),
      "responded with status 503",
    ],
    [
      "lists a file of another folder",
      (_, to) => {
        to.writeHead(200, { "Tallyman-Version": "0.1.0" });
        to.end(JSON.stringify({ "assets/../_headers-aaaaaaaa.js": null }));
      },
      "is not valid",
    ],
  ])("if the live site %s", async (_, answer, problem) => {
    const { code, stderr } = await deploy("--site", await site(answer));
    expect([code, stderr]).toEqual([1, expect.stringContaining(problem)]);
    expect(stderr).toContain("--without-earlier");
  });
});
