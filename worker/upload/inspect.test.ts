import { describe, expect, test } from "vitest";
import { concat, utf8 } from "../testing/multipart.ts";
import { GIF, JPEG, noise, PDF, PNG, WEBP } from "../testing/samples.ts";
import { HEAD_BYTES, inspect, detectOrDeclared } from "./inspect.ts";

async function lookAt(head: Uint8Array, declared = "") {
  return inspect(head, await detectOrDeclared(head, declared));
}

/** A JPEG with so many segments of 64 KB before what tells its size, as cameras write them. */
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
  ])("tell an image's type and size: %s", async (type, bytes) => {
    const found = { type, width: 3, height: 2 };
    expect(await lookAt(bytes)).toEqual(found);
    expect(await lookAt(bytes, "text/html")).toEqual(found);
  });

  test("tell the type of what is no image", async () => {
    expect(await lookAt(PDF, "image/png")).toEqual({ type: "application/pdf" });
  });

  test("tell an image's size behind a camera's metadata", async () => {
    const head = cameraJpeg(1).subarray(0, HEAD_BYTES);
    expect(await lookAt(head)).toEqual({ type: "image/jpeg", width: 3, height: 2 });
  });

  test("tell the type alone where the size lies behind more than is kept", async () => {
    const head = cameraJpeg(3).subarray(0, HEAD_BYTES);
    expect(await lookAt(head)).toEqual({ type: "image/jpeg" });
  });
});

describe("where they tell nothing", () => {
  test.each([
    ["text/plain", utf8("plain text")],
    ["text/csv", new Uint8Array()],
    ["video/x-unheard-of", noise(5000)],
  ])("the declared type is believed: %s", async (type, bytes) => {
    expect(await lookAt(bytes, type)).toEqual({ type });
  });

  test("and none is declared, the type is unknown", async () => {
    expect(await lookAt(noise(100))).toEqual({ type: "application/octet-stream" });
  });

  test("a declared image has no size", async () => {
    expect(await lookAt(noise(100), "image/png")).toEqual({ type: "image/png" });
  });
});

describe("a damaged image", () => {
  test.each([
    ["image/png", PNG],
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
  ])("is a file, wherever it breaks off: %s", async (type, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const found = await lookAt(bytes.subarray(0, length), type);
      expect(found.type).toBeTypeOf("string");
      expect([undefined, 3]).toContain(found.width);
    }
  });

  test.each([
    ["image/png", PNG],
    ["image/jpeg", JPEG],
    ["image/gif", GIF],
    ["image/webp", WEBP],
  ])("is a file, whatever stands behind its first bytes: %s", async (type, bytes) => {
    for (let seed = 1; seed < 50; seed++) {
      const damaged = concat([bytes.subarray(0, 12), noise(500, seed)]);
      expect((await lookAt(damaged, type)).type).toBeTypeOf("string");
    }
  });
});

describe("a drawing", () => {
  const lookAtSvg = (attributes: string) => lookAt(utf8(`<svg ${attributes}/>`), "image/svg+xml");

  test("tells its size in pixels", async () => {
    expect(await lookAtSvg('width="3" height="2"')).toMatchObject({ width: 3, height: 2 });
  });

  test.each(['width="1e999" height="2"', 'width="0" height="2"', 'width="." viewBox="0 0 . ."'])(
    "has no size where that is no number of pixels: %s",
    async (attributes) => {
      expect(await lookAtSvg(attributes)).toEqual({ type: "image/svg+xml" });
    },
  );
});
