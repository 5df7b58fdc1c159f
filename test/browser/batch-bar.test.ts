import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { test } from "../support/browser-test.ts";
import { writeImages } from "../support/images.ts";
import { allowUploads, choose, drop, failUploads, failures } from "../support/page.ts";

const PICTURES = 60;

/** Shares of the bar's length once its parts have moved there, 0 to 1. */
async function barParts(page: Page): Promise<Record<string, number>> {
  const bar = page.locator(".batch-bar");
  return bar.evaluate(async (element) => {
    const moves = () => element.getAnimations({ subtree: true });
    while (moves().length > 0) await Promise.allSettled(moves().map(({ finished }) => finished));
    const width = (of: Element) => of.getBoundingClientRect().width;
    const share = (part: string) => {
      const found = element.querySelector(`.bar-${part}`);
      return found === null ? Number.NaN : width(found) / width(element);
    };
    return {
      stored: share("stored"),
      sent: share("sent"),
      failed: share("failed"),
      cancelled: share("cancelled"),
    };
  });
}

/** True for the whole bar of a batch of which little was stored. */
function isStoredOrCancelled({
  stored = 0,
  cancelled = 0,
  failed,
}: Record<string, number>): boolean {
  return cancelled > 0.5 && Math.abs(stored + cancelled - 1) < 0.05 && failed === 0;
}

describe("the bar of a batch", () => {
  test.beforeAll(({ folder }) => writeImages(join(folder, "pictures"), PICTURES));

  test.beforeEach(async ({ page, server }) => {
    await page.goto(server.origin);
  });

  test("moves by time, also to its end", async ({ page, folder }) => {
    const atEnd = page.evaluate(async () => {
      const isOver = () => document.querySelector(".headline-count.is-end") !== null;
      while (!isOver()) await new Promise((next) => requestAnimationFrame(next));
      const [bar, stored] = [".batch-bar", ".bar-stored"].map((part) =>
        document.querySelector(part),
      );
      const moves = stored?.getAnimations() ?? [];
      const times = moves.map(({ effect }) => effect?.getComputedTiming().endTime);
      await Promise.all(moves.map(({ finished }) => finished));
      const widths = [bar, stored].map((part) => part?.getBoundingClientRect().width);
      return { times, widths };
    });
    await drop(page, [join(folder, "pictures")]);
    const { times, widths } = await atEnd;
    expect(Math.max(0, ...times.map(Number))).toBeLessThanOrEqual(200);
    expect(widths[1]).toBe(widths[0]);
  });

  test("shows what is stored of a cancelled batch, and the rest as empty", async ({
    page,
    folder,
  }) => {
    await allowUploads(page, 1);
    await drop(page, [join(folder, "pictures")]);
    await page.locator(".stored-count", { hasText: /^[1-9]/u }).waitFor();
    page.on("dialog", (dialog) => void dialog.accept());
    await choose(page, "More controls", "Cancel batch");
    await page.getByText("This batch was cancelled.").first().waitFor();

    // The page says so before the server has cancelled the files.
    await expect.poll(() => barParts(page)).toSatisfy(isStoredOrCancelled);
    const { stored = 0 } = await barParts(page);
    const percent = Number.parseInt(await page.locator(".figures").innerText(), 10);
    expect(percent / 100).toBeCloseTo(stored, 1);
    expect(await page.locator(".connection").innerText()).toBe("");
  });

  test("shows failed files to scale, and wide enough to be seen", async ({ page, folder }) => {
    await failUploads(page);
    await drop(page, [join(folder, "pictures")]);
    await failures(page).getByText(`${PICTURES} files failed`).waitFor();
    await expect
      .poll(() => barParts(page))
      .toEqual({ stored: 0, sent: 0, failed: 1, cancelled: 0 });
    const text = page.getByRole("progressbar", { name: "Batch progress" });
    expect(await text.getAttribute("aria-valuetext")).toBe("0% stored, 0% sent, 100% failed");
  });
});
