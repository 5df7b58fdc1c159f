import * as fc from "fast-check";
import { expect, test } from "vitest";
import { objectKey, safeName, truncate } from "./keys.ts";

/** From every corner of Unicode. */
const anyCharacter = fc
  .integer({ min: 0, max: 0x10_ff_ff })
  .map((code) => String.fromCodePoint(code));

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

test("a file lies in its batch's folder, under its id and its name", () => {
  expect(objectKey("0a1b/", 7, "photo.jpg")).toBe("0a1b/7/photo.jpg");
});

test.each([
  ["photo (1).jpg", "photo (1).jpg"],
  ["naïve+café@home.txt", "naïve+café@home.txt"],
  // Composed, whichever way the client's system writes it.
  ["cafe\u0301", "caf\u00e9"],
  ["日本語.png", "日本語.png"],
  ["مرحبا.txt", "مرحبا.txt"],
  ["🎉.gif", "🎉.gif"],
  ["../../etc/passwd", "passwd"],
  ["..\\..\\boot.ini", "boot.ini"],
  ["folder/", "file"],
  ["..", "_"],
  [".htaccess", "_htaccess"],
  ["...hidden", "_hidden"],
  ["   ", "file"],
  ["", "file"],
  ["tab\there", "tab_here"],
  ["nul\u0000.png", "nul_.png"],
  ["\u001b[31mred", "__31mred"],
  ["evil\u202egnp.exe", "evil_gnp.exe"],
  ["\u200eleft", "_left"],
  ['a?b*c:d|e<f>g"h.txt', "a_b_c_d_e_f_g_h.txt"],
  ["$(rm -rf ~);`x`.sh", "_(rm -rf _)__x_.sh"],
  ["#1 &co=%41.txt", "_1 _co__41.txt"],
])("the safe name of %j is %j", (name, safe) => {
  expect(safeName(name)).toBe(safe);
});

test("a name of 2,000 characters is cut to what R2 takes, and keeps its extension", () => {
  for (const name of [`${"x".repeat(2000)}.jpeg`, `${"日".repeat(2000)}.jpeg`]) {
    const safe = safeName(name);
    expect(bytesOf(safe)).toBeLessThanOrEqual(512);
    expect(bytesOf(safe)).toBeGreaterThan(505);
    expect(safe).toMatch(/^(?:x+|日+)\.jpeg$/u);
  }
});

test("whatever the name, its key is one that R2 takes and that climbs nowhere", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 600 }), (name) => {
      const safe = safeName(name);
      expect(safe).not.toMatch(/[/\\\p{Cc}\p{Cf}\p{Cs}]|^\./u);
      expect(safe).not.toBe("");
      expect(bytesOf(objectKey(`${"p".repeat(255)}/${"0".repeat(32)}/`, 9999, name))).toBeLessThan(
        1024,
      );
    }),
  );
});

test("what is cut is cut between characters", () => {
  expect(truncate("héllo", 10)).toBe("héllo");
  expect(truncate("ééééé", 5)).toBe("éé");
  expect(truncate("🎉🎉🎉.gif", 10)).toBe("🎉.gif");
  expect(truncate("name.with-a-tail-too-long-to-be-one", 8)).toBe("name.wit");
});
