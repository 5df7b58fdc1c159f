import type { Page } from "playwright-core";

/** A text that a screen reader announces. */
export interface Announced {
  role: "status" | "alert";
  text: string;
  /** Milliseconds since the page was opened. */
  at: number;
}

/** Records what live regions say from now on. Returns a function that returns it. */
export async function recordAnnouncements(page: Page): Promise<() => Promise<Announced[]>> {
  await page.evaluate(() => {
    const announced: Announced[] = [];
    Object.assign(globalThis, { announced });
    const seen = new WeakMap<Element, string>();
    const note = (region: Element): void => {
      const text = (region.textContent ?? "").trim();
      if (text === (seen.get(region) ?? "")) return;
      seen.set(region, text);
      const role = region.role === "alert" ? "alert" : "status";
      if (text !== "") announced.push({ role, text, at: performance.now() });
    };
    const regions = "[role=status], [role=alert], [role=log], [aria-live]";
    const noteAll = (): void => {
      // The page behind an open dialog is inert.
      const heard = document.querySelector("dialog[open]") ?? document;
      for (const region of heard.querySelectorAll(regions)) note(region);
    };
    new MutationObserver(noteAll).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  return () => page.evaluate<Announced[]>("globalThis.announced");
}
