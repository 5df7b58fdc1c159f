import * as fc from "fast-check";
import { make } from "multipasta/web";
import { describe, expect, test } from "vitest";
import { bundleBody, wholeBody, type Body } from "./bundle-body.ts";

/** The parts of a body as the server's own parser finds them. */
async function partsOf({ blob, contentType }: Body) {
  const parser = make({ headers: new Headers({ "content-type": contentType }) });
  const parts: { name: string; filename: string | undefined; bytes: Uint8Array }[] = [];
  const read = async () => {
    for await (const part of parser.readable) {
      if (part._tag !== "File") throw new Error("A file was taken for a field.");
      const bytes = await new Response(part.readable).bytes();
      parts.push({ name: part.info.name, filename: part.info.filename, bytes });
    }
  };
  await Promise.all([blob.stream().pipeTo(parser.writable), read()]);
  return parts;
}

const contents = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 12 });

function bundleOf(list: readonly Uint8Array<ArrayBuffer>[], firstId = 0): Body {
  return bundleBody(list.map((bytes, n) => ({ id: firstId + n, blob: new Blob([bytes]) })));
}

describe("bundleBody", () => {
  test("the server's parser finds every file under its id, byte for byte, in order", async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (list) => {
        const copies = list.map((bytes) => new Uint8Array(bytes));
        const parts = await partsOf(bundleOf(copies, 17));
        expect(parts.map((part) => part.name)).toEqual(copies.map((_, n) => String(17 + n)));
        expect(parts.map((part) => part.bytes)).toEqual(copies);
      }),
      { numRuns: 30 },
    );
  });

  test("bytes that look like framing are content", async () => {
    const tricky = new TextEncoder().encode("\r\n--tallyman-1-2-3-4--\r\n\r\n");
    const [part] = await partsOf(bundleOf([tricky]));
    expect(part?.bytes).toEqual(tricky);
  });

  test("its layout knows where each file begins, to the byte", async () => {
    const body = bundleOf([new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])]);
    const bytes = await body.blob.bytes();
    const firstOfLast = bytes.lastIndexOf(3);
    const seen: [number, number][] = [];
    body.layout.advance(firstOfLast, (id, sent) => seen.push([id, sent]));
    expect(seen).toEqual([
      [0, 2],
      [1, 0],
      [2, 0],
    ]);
    body.layout.advance(firstOfLast + 1, (id, sent) => seen.push([id, sent]));
    expect(seen.at(-1)).toEqual([2, 1]);
  });
});

describe("BodyLayout", () => {
  test("however the body goes out, each file's bytes only rise, and all are sent at the end", () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(contents, cuts, (list, fractions) => {
        const body = bundleOf(list.map((bytes) => new Uint8Array(bytes)));
        const sent = new Map<number, number>();
        for (const fraction of [...fractions.toSorted((a, b) => a - b), 1]) {
          body.layout.advance(Math.floor(fraction * body.blob.size), (id, bytes) => {
            expect(bytes).toBeGreaterThanOrEqual(sent.get(id) ?? 0);
            sent.set(id, bytes);
          });
        }
        expect([...sent.values()]).toEqual(list.map((bytes) => bytes.length));
      }),
    );
  });

  test("a whole file's bytes are the body's", () => {
    const body = wholeBody(4, new Blob(["abcdef"]), "");
    expect(body.contentType).toBe("application/octet-stream");
    const seen: [number, number][] = [];
    for (const bytes of [2, 6]) body.layout.advance(bytes, (...report) => seen.push(report));
    expect(seen).toEqual([
      [4, 2],
      [4, 6],
    ]);
  });
});
