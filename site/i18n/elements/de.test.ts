import { describe, expect, it } from "vitest";
import { formatsFor } from "../formats.ts";
import { pageWords } from "../page/de.ts";
import { batchWords } from "./de.ts";

describe.each(["de", "de-AT", "de-CH"])("the text of %s", (locale) => {
  const format = formatsFor(locale);
  const text = batchWords(format);

  it("has the singular and the plural", () => {
    expect(text.hero.filesStored(0, 1)).toBe("0 von 1 Datei gespeichert");
    expect(text.hero.filesStored(1, 2)).toBe("1 von 2 Dateien gespeichert");
    expect(text.hero.safe(1, 1, "photo")).toBe("1 Foto ist sicher gespeichert.");
    expect(text.hero.safe(490, 490, "photo")).toBe("Alle 490 Fotos sind sicher gespeichert.");
    expect(text.hero.safe(1, 3, "file")).toBe("1 von 3 Dateien ist sicher gespeichert.");
    expect(pageWords(format).share.daysAfter(1)).toBe("Er gilt bis einen Tag nach dem Upload.");
  });

  it("joins the last of some names with one “und”", () => {
    const names = ["a", "b", "c", "d", "e"];
    expect(text.drop.tooLarge(names, 1e6)).toContain("a, b, c und 2 weitere");
  });

  it("contains the figures that the page sets in large type", () => {
    for (const seconds of [0, 8, 75, 3900]) {
      expect(text.hero.timeLeft(seconds)).toContain(format.duration(seconds));
    }
    expect(text.hero.bytesSent(1.5e9, 2e10)).toContain(format.bytes(1.5e9));
    expect(text.hero.filesStored(12_305, 20_000)).toContain(format.number(12_305));
  });
});

it("formats numbers as in Germany", () => {
  const text = batchWords(formatsFor("de"));
  expect(text.hero.filesStored(1305, 10_000)).toBe("1.305 von 10.000 Dateien gespeichert");
  expect(text.count.bytesOf(1_250_000, 98_000_000)).toBe("1,3 MB von 98,0 MB");
});
