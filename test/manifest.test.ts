import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const PUBLIC = "site/public";

interface Icon {
  src: string;
  sizes: string;
  type: string;
}

/** Returns the width and height of a PNG, which follow its signature. */
async function pngSize(path: string): Promise<string> {
  const bytes = await readFile(path);
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
}

test("each icon of the manifest exists in its size", async () => {
  const text = await readFile(`${PUBLIC}/manifest.webmanifest`, "utf8");
  const { icons }: { icons: Icon[] } = JSON.parse(text);
  const pictures = icons.filter(({ type }) => type === "image/png");
  expect(pictures.length).toBeGreaterThan(2);
  for (const { src, sizes } of pictures) expect(await pngSize(`${PUBLIC}${src}`)).toBe(sizes);
  expect(await pngSize(`${PUBLIC}/icons/apple-touch-icon.png`)).toBe("180x180");
});

test("the page links its manifest, and its security policy allows it", async () => {
  const html = await readFile("site/index.html", "utf8");
  expect(html).toContain('<link rel="manifest" href="/manifest.webmanifest" />');
  expect(await readFile(`${PUBLIC}/_headers`, "utf8")).toContain("manifest-src 'self'");
});
