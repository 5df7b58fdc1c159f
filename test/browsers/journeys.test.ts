import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { contentLink, shareLink } from "../../site/share/links.ts";
import { REFUSED } from "../networks/sources.ts";
import { passOn } from "../support/middleboxes/exchange.ts";
import { firewall } from "../support/middleboxes/firewall.ts";
import { HttpProxy } from "../support/middleboxes/http-proxy.ts";
import { COLORS, writePhotos } from "../support/contact-sheet.ts";
import { type Server, startServer } from "../support/server.ts";
import { launchChromium } from "./chromium.ts";
import type { Driver, LaunchDriver } from "./driver.ts";
import { launchFirefox } from "./firefox.ts";
import { holdUploads } from "./hold-uploads.ts";
import { UploadingPage } from "./uploading-page.ts";
import { launchWebkit } from "./webkit.ts";

const ENGINES: Readonly<Record<string, LaunchDriver>> = {
  Chromium: launchChromium,
  Firefox: launchFirefox,
  WebKit: launchWebkit,
};
/** Photos of the batch whose bar once jumped, which led to Tallyman. */
const MANY = 490;
const FEW = 20;
/** The first bytes of an archive. */
const ZIP = "PK\u0003\u0004";

let server: Server;
let proxy: HttpProxy;
let folder: string;
let files: readonly string[];
let photos: readonly string[];

beforeAll(async () => {
  server = await startServer();
  proxy = await HttpProxy.listen(server.origin);
  folder = await mkdtemp(join(tmpdir(), "tallyman-journeys-"));
  await mkdir(join(folder, "letters/old"), { recursive: true });
  files = Array.from({ length: MANY }, (_, place) => join(folder, `${place}.txt`));
  await Promise.all(files.map((path, place) => writeFile(path, `letter ${place}`)));
  await writePhotos(join(folder, "photos"));
  photos = COLORS.map((_, index) => join(folder, `photos/photo-${index}.png`));
  for (const name of ["refused.txt", "letters/a.txt", "letters/old/b.txt"])
    await writeFile(join(folder, name), `${REFUSED} in ${name}`);
});

beforeEach(() => {
  proxy.middlebox = passOn;
});

afterAll(async () => {
  await proxy.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The journeys in each engine: one after the other in one window. */
describe.each(Object.entries(ENGINES))("in %s", (engine, launch) => {
  // WebKit's driver opens private windows, which save no files.
  const savesFiles = engine !== "WebKit";
  let page: UploadingPage;

  beforeAll(async () => {
    page = new UploadingPage(await launch(), proxy.origin);
  });

  afterAll(() => page.driver.close());

  test("uploads chosen files, paused and resumed meanwhile", async () => {
    await page.begin();
    const release = holdUploads(proxy);
    await page.choose("Choose files", files.slice(0, FEW));
    await expect.poll(() => page.report()).toMatchObject({ totals: { files: FEW } });
    await page.press("Pause");
    await expect.poll(() => page.report()).toMatchObject({ state: "paused" });
    await page.press("Resume");
    await expect.poll(() => page.report()).toMatchObject({ state: "active" });
    release();
    await stored(FEW);
  });

  // The drivers of the others take files only: docs/browsers.md.
  test.runIf(engine === "Chromium")("uploads a chosen folder", async () => {
    await page.begin();
    await page.choose("Choose folder", [join(folder, "letters")]);
    await stored(2);
    expect((await page.paths()).toSorted()).toEqual(["letters/a.txt", "letters/old/b.txt"]);
  });

  test("uploads dropped files", async () => {
    await page.begin();
    await page.drop(["a.txt", "b.txt"]);
    await stored(2);
    expect((await page.paths()).toSorted()).toEqual(["a.txt", "b.txt"]);
  });

  test("cancels a batch", async () => {
    await page.begin();
    const release = holdUploads(proxy);
    await page.choose("Choose files", files.slice(0, FEW));
    await expect.poll(() => page.report()).toMatchObject({ totals: { files: FEW } });
    await page.press("More controls");
    await page.press("Cancel batch");
    await expect
      .poll(() => page.report())
      .toMatchObject({ state: "cancelled", totals: { cancelled: FEW } });
    release();
    await expect.poll(() => page.text()).toContain("This batch was cancelled.");
  });

  test("retries a file that a firewall has refused", async () => {
    proxy.middlebox = firewall([REFUSED]);
    await page.begin();
    await page.choose("Choose files", [...files.slice(1, FEW), join(folder, "refused.txt")]);
    await page.shows("Retry");
    await expect.poll(() => page.report()).toMatchObject({ totals: { completed: FEW - 1 } });
    proxy.middlebox = passOn;
    await page.press("Retry");
    await stored(FEW);
  });

  test("resumes a batch after a reload", async () => {
    await page.begin();
    const release = holdUploads(proxy);
    await page.choose("Choose files", files.slice(0, FEW));
    await expect.poll(() => page.report()).toMatchObject({ totals: { files: FEW, completed: 0 } });
    await expect.poll(() => page.savedFiles()).toBe(savesFiles ? FEW : 0);
    await page.open();
    release();
    if (savesFiles) await page.press("Resume");
    else await page.choose("Choose files again", files.slice(0, FEW));
    await stored(FEW);
  });

  test("uploads 490 files, and downloads one of them", async () => {
    await page.begin();
    await page.choose("Choose files", files);
    await stored(MANY);
    const { id, tokens } = await page.batch();
    const text = `fetch("${contentLink(id, MANY - 1, tokens.read)}").then((it) => it.text())`;
    expect(await page.driver.evaluate(text)).toBe(`letter ${MANY - 1}`);
  });

  test("shows the pictures of photos", async () => {
    await page.begin();
    await page.choose("Choose files", photos);
    await stored(photos.length);
    await expect.poll(() => page.shownColors(COLORS)).toBe(COLORS.length);
  });

  test("stores them as a contact sheet, for viewers", async () => {
    const sheets = { 0: expect.any(String) };
    await expect.poll(() => page.report()).toMatchObject({ sheets });
    const { id, tokens } = await page.batch();
    await page.open(shareLink({ id, tokens: { read: tokens.read } }, ""));
    await expect.poll(() => page.shownColors(COLORS)).toBe(COLORS.length);
  });

  /** Waits until all files are stored, and the page says so. */
  async function stored(count: number): Promise<void> {
    await expect
      .poll(() => page.report())
      .toMatchObject({ state: "completed", totals: { completed: count } });
    await expect.poll(() => page.text()).toMatch(allSafe(count));
  }
});

test.each([
  ["Chromium", "Firefox"],
  ["Firefox", "WebKit"],
  ["WebKit", "Chromium"],
])("an upload in %s is watched, and downloaded, in %s", async (sender, viewer) => {
  const drivers = await Promise.all([start(sender), start(viewer)]);
  const [page, watching] = drivers.map((driver) => new UploadingPage(driver, proxy.origin));
  if (page === undefined || watching === undefined) throw new Error("There are two.");
  try {
    await page.begin();
    const release = holdUploads(proxy);
    await page.choose("Choose files", files.slice(0, FEW));
    await expect.poll(() => page.report()).toMatchObject({ totals: { files: FEW } });
    await watching.open(shareLink(await page.batch(), ""));
    await expect.poll(() => watching.text()).toContain(`0 of ${FEW}`);
    release();
    await expect.poll(() => watching.text()).toMatch(allSafe(FEW));
    expect((await watching.download(`Download all ${FEW} files`)).slice(0, ZIP.length)).toBe(ZIP);
  } finally {
    await Promise.all(drivers.map((driver) => driver.close()));
  }
});

/** WebKitGTK reports this language under `LANG=C.UTF-8`. It's none that `Intl` takes. */
test.each(Object.keys(ENGINES))("%s shows the page in the language C", async (engine) => {
  const driver = await start(engine, "C");
  try {
    const page = new UploadingPage(driver, proxy.origin);
    await page.open();
    expect(await driver.evaluate("[...navigator.languages]")).toEqual(["C"]);
    await expect.poll(() => page.text()).toContain("Choose files");
  } finally {
    await driver.close();
  }
});

function start(engine: string, language?: string): Promise<Driver> {
  const launch = ENGINES[engine];
  if (launch === undefined) throw new Error(`There is no engine ${engine}.`);
  return launch(language === undefined ? {} : { language });
}

function allSafe(count: number): RegExp {
  return new RegExp(`All ${count} \\w+ are safe\\.`, "u");
}
