import { expect, test } from "vitest";
import { LIMITS } from "../../protocol/index.ts";
import { batchWords } from "../i18n/elements/en.ts";
import { formatsFor } from "../i18n/formats.ts";
import { limitsText } from "./limits-text.ts";

const words = batchWords(formatsFor("en"));

test.each([
  [{}, ""],
  [{ files: 1 }, "Up to 1 file."],
  [{ fileBytes: 2.5e6 }, "Up to 2.5 MB per file."],
  [{ files: 20, fileBytes: 25e6, bytes: 1e9 }, "Up to 20 files, 25 MB per file, 1 GB in total."],
  // No single file can be larger than all of them.
  [{ fileBytes: 2e9, bytes: 1e9 }, "Up to 1 GB in total."],
  [{ types: ["image/*", "application/pdf"] }, "Only images, PDF."],
  [{ types: ["image/svg+xml", "video/quicktime"] }, "Only SVG, video/quicktime."],
  [{ extensions: ["jpg", "tar.gz"], types: ["image/*"] }, "Only .jpg, .tar.gz."],
  [
    { files: 2, extensions: ["a", "b", "c", "d", "e", "f", "g", "h"] },
    "Up to 2 files. Only .a, .b, .c, .d, .e, .f, and 2 more.",
  ],
])("the limits %j are “%s”", (limits, text) => {
  expect(limitsText({ ...LIMITS, ...limits }, words.limits)).toBe(text);
});
