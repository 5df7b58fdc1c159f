import type { Page } from "playwright-core";

/** The spacing that a person may set without a loss of text: success criterion 1.4.12 of WCAG 2.2. */
const SPACING = `
  * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
  p { margin-block-end: 2em !important }
`;

/** Runs a check while the page has that spacing. */
export async function withTextSpacing<Result>(
  page: Page,
  check: () => Promise<Result>,
): Promise<Result> {
  await page.evaluate((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
  }, SPACING);
  try {
    return await check();
  } finally {
    await page.evaluate(() => void (document.adoptedStyleSheets = []));
  }
}
