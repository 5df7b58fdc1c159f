import { test as browserTest } from "./browser-test.ts";

/** A test in a real browser that visits every state of the page: `visitStates(visited, …)`. */
export const test = browserTest
  /** A browser of its own for the recipient. */
  .extend("recipient", async ({ browser, contextOptions }, { onCleanup }) => {
    const recipient = await browser.newContext(contextOptions);
    onCleanup(() => recipient.close());
    return recipient;
  })
  .extend("visited", ({ context, recipient, server, folder }) => ({
    context,
    recipient,
    origin: server.origin,
    folder,
  }));
