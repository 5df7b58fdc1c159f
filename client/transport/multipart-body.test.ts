import * as fc from "fast-check";
import { make } from "multipasta/web";
import { describe, expect, test } from "vitest";
import { multipartBody, type MultipartBody } from "./multipart-body.ts";

/** Parses a body with another implementation. */
async function partsOf({ blob, contentType }: MultipartBody) {
  const parser = make({ headers: new Headers({ "content-type": contentType }) });
  const parts: { name: string; filename: string | undefined; bytes: Uint8Array }[] = [];
  const read = async () => {
    for await (const part of parser.readable) {
      if (part._tag !== "File") throw new Error("Only files were expected.");
      const bytes = await new Response(part.readable).bytes();
      parts.push({ name: part.info.name, filename: part.info.filename, bytes });
    }
  };
  await Promise.all([blob.stream().pipeTo(parser.writable), read()]);
  return parts;
}

const contents = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 12 });

function bundleOf(list: readonly Uint8Array<ArrayBuffer>[], firstId = 0): MultipartBody {
  return multipartBody(list.map((bytes, n) => ({ id: firstId + n, bytes, headers: {} })));
}

describe("multipartBody", () => {
  test("contains every file under its id, byte for byte, in order", async () => {
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

  test("keeps content that looks like framing", async () => {
    const lookalike = new TextEncoder().encode("\r\n--tallyman-1-2-3-4--\r\n\r\n");
    const [part] = await partsOf(bundleOf([lookalike]));
    expect(part?.bytes).toEqual(lookalike);
  });
});
