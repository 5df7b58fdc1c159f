import { describe, expect, it } from "vitest";
import { batchWords as german } from "./elements/de.ts";
import { batchWords as english } from "./elements/en.ts";
import { formatsFor } from "./formats.ts";
import { textFor } from "./text-for.ts";

it("has the words for one, and for several", () => {
  const text = "{This file is|These files are} too large. Make {it|them} smaller.";
  expect(textFor(1, text)).toBe("This file is too large. Make it smaller.");
  expect(textFor(27, text)).toBe("These files are too large. Make them smaller.");
});

describe("the text of a problem", () => {
  const en = english(formatsFor("en")).problem;
  const de = german(formatsFor("de")).problem;

  it.each([
    ["refused_in_between", "refused this file.", "refused these files."],
    ["file_unreadable", "The file was moved", "The files were moved"],
    ["type_refused", "This file type isn't", "These file types aren't"],
  ])("%s speaks of one file, or of several", (code, one, several) => {
    expect(en(code)).toContain(one);
    expect(en(code, null, 27)).toContain(several);
  });

  it("speaks of one file, or of several, if the network's limit is known", () => {
    expect(en("network_limit", 1e6)).toContain("make the file smaller");
    expect(en("network_limit", 1e6, 2)).toContain("make them smaller");
    expect(de("network_limit", 1e6, 2)).toContain("verkleinern Sie sie");
  });

  it("speaks of several in German", () => {
    expect(de("too_large")).toContain("Diese Datei ist zu groß");
    expect(de("too_large", null, 2)).toContain("Diese Dateien sind zu groß");
  });
});
