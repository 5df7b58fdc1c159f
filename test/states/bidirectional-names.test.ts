import { expect } from "vitest";
import { test } from "../support/states-test.ts";
import { visitStates } from "../support/page-states.ts";

/** An override: without a sign in its place, the text after it is shown backwards. */
const MARK = "\u202E";

test("no state of the page lets a control in a name turn the text around", async ({ visited }) => {
  const [turned, shown]: [string[], string[]] = [[], []];
  await visitStates({ ...visited, mark: MARK }, async (page, state) => {
    const html = `${await page.title()} ${await page.locator("html").innerHTML()}`;
    if (/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(html)) turned.push(state);
    if (html.includes("\uFFFD")) shown.push(state);
  });
  expect(turned).toEqual([]);
  const named = ["sending", "lightbox", "recipient", "resume offer and recent batches"];
  expect(shown).toEqual(expect.arrayContaining(named));
});
