import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { test as statesTest } from "../support/states-test.ts";
import { button, drop } from "../support/page.ts";
import { visitStates } from "../support/page-states.ts";
import { resize } from "../support/resize.ts";

/** Pixels: WCAG 2.2, 2.5.8. */
const LEAST = 24;
const WIDTHS = [320, 1280];

const test = statesTest.override("operator", { variables: { FILE_BYTES: "1000000" } });

/** Returns the targets of a page that are narrower or lower than 24 px, at both widths. */
async function smallTargets(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await resize(page, { width, height: 800 });
    const small = await page.evaluate(findSmall, LEAST);
    found.push(...small.map((target) => `${target} at ${width} px`));
  }
  return found;
}

/** Links within a sentence are exempt, and so is what a person can neither see nor press. */
function findSmall(least: number): string[] {
  const targets = document.querySelectorAll<HTMLElement>(
    "a[href], button, input, select, textarea, summary, [role=button], [role=slider], video",
  );
  const small: string[] = [];
  for (const target of targets) {
    const area = target.closest("label") ?? target;
    const { width, height } = area.getBoundingClientRect();
    const isShown = target.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const isInSentence = target.matches("p a");
    const isForReaders = target.closest(".visually-hidden") !== null;
    if (!isShown || isInSentence || isForReaders) continue;
    if (width < least - 0.01 || height < least - 0.01)
      small.push(`${target.outerHTML.slice(0, 80)} (${width} × ${height})`);
  }
  return small;
}

test("no target is under 24 px in any state of the page", async ({ visited }) => {
  const [found, states]: [string[], string[]] = [[], []];
  await visitStates(visited, async (page, state) => {
    states.push(state);
    found.push(...(await smallTargets(page)).map((target) => `${state}: ${target}`));
  });
  expect(found).toEqual([]);
  expect(states).toEqual(expect.arrayContaining(["sending", "lightbox", "recipient", "failed"]));
});

test("no target of a note about files is under 24 px", async ({ page, server, folder }) => {
  const large = Array.from({ length: 5 }, (_, number) => join(folder, `large-${number}.bin`));
  for (const path of large) await writeFile(path, Buffer.alloc(1_000_001));
  await page.goto(server.origin);
  await button(page, "Choose files").waitFor();
  await drop(page, large);
  await page.getByText("Show all").click();
  await page.getByRole("textbox", { name: "All names" }).waitFor();
  expect(await smallTargets(page)).toEqual([]);
});
