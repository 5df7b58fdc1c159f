import { readdirSync, readFileSync } from "node:fs";
import { type Declaration, parse } from "postcss";
import { expect, it } from "vitest";

const FOLDERS = [".", "../embed", "../docs"].map(
  (folder) => new URL(`${folder}/`, import.meta.url),
);
const PHYSICAL =
  /^(?:left|right|(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)\b.*|border-(?:top|bottom)-(?:left|right)-radius|(?:min-|max-)?(?:width|height))$/u;
const PHYSICAL_VALUE = /^(?:left|right)$/u;
const WITH_VALUE = new Set(["text-align", "float", "clear"]);

/** In pixels from the left in every language, as tile-layout.ts computes them. */
const FROM_THE_LEFT = [
  "contact-sheet.css: left: var(--left)",
  "contact-sheet.css: left: calc(var(--width) / 2)",
];

function isPhysical({ prop, value }: Declaration): boolean {
  return PHYSICAL.test(prop) || (WITH_VALUE.has(prop) && PHYSICAL_VALUE.test(value));
}

it("has no physical property, which would be wrong from right to left", () => {
  const found: string[] = [];
  for (const folder of FOLDERS) {
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".css"))) {
      parse(readFileSync(new URL(name, folder), "utf8")).walkDecls((declaration) => {
        if (isPhysical(declaration))
          found.push(`${name}: ${declaration.prop}: ${declaration.value}`);
      });
    }
  }
  expect(found).toEqual(FROM_THE_LEFT);
});
