import type { Page } from "playwright-core";
import { launchBrowser } from "../support/browser.ts";
import type { Driver, DriverOptions } from "./driver.ts";

/** Starts Chromium, driven by Playwright. */
export async function launchChromium({ language }: DriverOptions = {}): Promise<Driver> {
  const browser = await launchBrowser();
  const page = await browser.newPage();
  page.on("dialog", (dialog) => void dialog.accept());
  if (language !== undefined) await setLanguage(page, language);
  return {
    open: async (url) => void (await page.goto(url)),
    evaluate: (expression) => page.evaluate<unknown>(expression),
    choose: async (input, paths) => {
      const element = await page.evaluateHandle<Element>(input);
      await element.setInputFiles([...paths]);
    },
    close: () => browser.close(),
  };
}

/** Playwright's own setting takes well-formed languages only. */
async function setLanguage(page: Page, acceptLanguage: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const userAgent = await page.evaluate(() => navigator.userAgent);
  await session.send("Emulation.setUserAgentOverride", { userAgent, acceptLanguage });
}
