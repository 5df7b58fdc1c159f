import * as fc from "fast-check";
import { BOUNDARY, concat, utf8 } from "../testing/multipart.ts";

/** One change of some bytes. Positions are fractions of the length, so that they are always valid. */
export type Edit =
  | { edit: "flip"; at: number; bit: number }
  | { edit: "insert"; at: number; bytes: Uint8Array }
  | { edit: "remove"; at: number; length: number }
  | { edit: "repeat"; at: number; length: number; times: number }
  | { edit: "cut"; at: number };

/** Strings that are significant to the parsers under test. */
const WORDS: readonly string[] = [
  ["", " ", "\t", "\r\n", "\r\n\r\n", "\0", "\\", '"', "'", ";", ":", ",", "=", "&", "?", "#"],
  ["/", "//", "..", "../", "%", "%00", "%ff", "%2e%2e%2f", "%0d%0a", "*", "+", "<svg ", "=cmd()"],
  ["0", "-0", "-1", "00", "1e309", "9007199254740993", "2147483648", "0x10", "١", "NaN", "null"],
  ["{", "}", "[", "]", "[".repeat(5000), '{"a":'.repeat(5000), '"__proto__":{"a":1},', "true"],
  ['"size":-1,', '"size":9007199254740991,', '"name":"",', '"\\ud800"', '"\\u0000"'],
  ["é", "😀", "\u202E", "\uFEFF", "\uFFFD", "x".repeat(5000)],
  ["--", `--${BOUNDARY}`, `\r\n--${BOUNDARY}\r\n`, `\r\n--${BOUNDARY}--`],
  ["Content-Disposition: ", 'form-data; name="', 'filename="', "filename*=UTF-8''%"],
  ["Content-Type: multipart/mixed; boundary=", "Content-Transfer-Encoding: base64\r\n", "=\r\n"],
  ["=?utf-8?B?", "filename*=iso-8859-1''%", '\\"', "\r\n "],
  ["Content-Digest: sha-256=:", ":=", "Bearer ", "ey.ey.", "W/", '"*"', "*/*", "chunked"],
  ["bytes=", "bytes=-", "0-,1-2", "Wed, 99 Oct 2099 07:28:00 GMT"],
].flat();

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const length = fc.oneof(fc.nat(3), fc.nat(200));

const anEdit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ edit: fc.constant("flip" as const), at, bit: fc.nat(7) }),
  fc.record({
    edit: fc.constant("insert" as const),
    at,
    bytes: fc.oneof(fc.constantFrom(...WORDS).map(utf8), fc.uint8Array({ maxLength: 12 })),
  }),
  fc.record({ edit: fc.constant("remove" as const), at, length }),
  fc.record({ edit: fc.constant("repeat" as const), at, length, times: fc.nat(20) }),
  fc.record({ edit: fc.constant("cut" as const), at }),
);

export const someEdits: fc.Arbitrary<readonly Edit[]> = fc.array(anEdit, {
  minLength: 1,
  maxLength: 4,
});

export function applyEdits(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  return edits.reduce<Uint8Array<ArrayBuffer>>(applyEdit, Uint8Array.from(bytes));
}

function applyEdit(bytes: Uint8Array<ArrayBuffer>, edit: Edit): Uint8Array<ArrayBuffer> {
  const place = Math.floor(edit.at * (bytes.length + 1));
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (edit.edit) {
    case "flip":
      return concat([
        before,
        after.subarray(0, 1).map((byte) => byte ^ (1 << edit.bit)),
        after.subarray(1),
      ]);
    case "insert":
      return concat([before, edit.bytes, after]);
    case "remove":
      return concat([before, after.subarray(edit.length)]);
    case "repeat":
      return concat([
        before,
        ...Array.from({ length: edit.times }, () => after.subarray(0, edit.length)),
        after,
      ]);
    case "cut":
      return concat([before]);
  }
}

/** Applies edits to text with one byte per character, such as headers and URLs. */
export function editText(text: string, edits: readonly Edit[]): string {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return Array.from(applyEdits(bytes, edits), (byte) => String.fromCharCode(byte)).join("");
}
