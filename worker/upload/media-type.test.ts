import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../testing/multipart.ts";
import { GIF, JPEG, noise, PDF, PNG, WEBP } from "../testing/samples.ts";
import { detectType, fileProperties } from "./media-type.ts";
import { HEAD_BYTES } from "../../protocol/index.ts";

async function detect(head: Uint8Array, declared = "") {
  return fileProperties(head, await detectType(head, declared));
}

/** Returns a JPEG with `segments` of 64 KB before its dimensions, as cameras write them. */
function cameraJpeg(segments: number): Uint8Array {
  const segment = concat([Uint8Array.of(0xff, 0xe1, 0xff, 0xff), new Uint8Array(0xffff - 2)]);
  const metadata = Array.from({ length: segments }, () => segment);
  return concat([JPEG.subarray(0, 2), ...metadata, JPEG.subarray(2)]);
}

describe("a file's first bytes", () => {
  test.each([
    ["image/png", PNG],
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
  ])("contain an image's type and dimensions: %s", async (type, bytes) => {
    const found = { type, width: 3, height: 2 };
    expect(await detect(bytes)).toEqual(found);
    expect(await detect(bytes, "text/html")).toEqual(found);
  });

  test("contain the type of other files", async () => {
    expect(await detect(PDF, "image/png")).toEqual({ type: "application/pdf" });
  });

  test("contain an image's dimensions after a camera's metadata", async () => {
    const head = cameraJpeg(1).subarray(0, HEAD_BYTES);
    expect(await detect(head)).toEqual({ type: "image/jpeg", width: 3, height: 2 });
  });

  test("contain only the type if the dimensions come later", async () => {
    const head = cameraJpeg(3).subarray(0, HEAD_BYTES);
    expect(await detect(head)).toEqual({ type: "image/jpeg" });
  });
});

describe("for a file of unknown format", () => {
  test.each([
    ["text/plain", utf8("plain text")],
    ["text/csv", new Uint8Array()],
    ["video/x-unheard-of", noise(5000)],
  ])("the declared type is returned: %s", async (type, bytes) => {
    expect(await detect(bytes, type)).toEqual({ type });
  });

  test("without a declared type, application/octet-stream is returned", async () => {
    expect(await detect(noise(100))).toEqual({ type: "application/octet-stream" });
  });

  test("a declared image has no dimensions", async () => {
    expect(await detect(noise(100), "image/png")).toEqual({ type: "image/png" });
  });
});

describe("a damaged image", () => {
  test.each([
    ["image/png", PNG],
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
  ])("has a type wherever it is truncated: %s", async (type, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const found = await detect(bytes.subarray(0, length), type);
      expect(found.type).toBeTypeOf("string");
      expect([undefined, 3]).toContain(found.width);
    }
  });

  test.each([
    ["image/png", PNG],
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
  ])("has a type whatever follows its first bytes: %s", async (type, bytes) => {
    for (let seed = 1; seed < 50; seed++) {
      const damaged = concat([bytes.subarray(0, 12), noise(500, seed)]);
      expect((await detect(damaged, type)).type).toBeTypeOf("string");
    }
  });
});

describe("a drawing", () => {
  const detectSvg = (attributes: string) => detect(utf8(`<svg ${attributes}/>`), "image/svg+xml");

  test("has dimensions in pixels", async () => {
    expect(await detectSvg('width="3" height="2"')).toMatchObject({ width: 3, height: 2 });
  });

  test.each(['width="1e999" height="2"', 'width="0" height="2"', 'width="." viewBox="0 0 . ."'])(
    "has no dimensions if they are no positive integers: %s",
    async (attributes) => {
      expect(await detectSvg(attributes)).toEqual({ type: "image/svg+xml" });
    },
  );
});
