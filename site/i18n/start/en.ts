import { filesIn, were } from "../english-counts.ts";
import type { Formats } from "../formats.ts";

/**
 * The English text that the page's first script needs: that of the page without a batch. Another language is a
 * file like this one beside it.
 */
export function startWords(format: Formats) {
  const files = filesIn(format);
  return {
    name: "Tallyman",
    landing: {
      lead: (most: number) =>
        `Upload up to ${files(most)} at once, including whole folders. You see each one arrive, and so does anyone you share the link with.`,
      keepDays: (days: number) =>
        `Files are deleted ${days === 1 ? "a day" : `${format.number(days)} days`} after the upload.`,
      hint: "Drop or paste anywhere on this page, or",
    },
    /** In 404.html as well. */
    notFound: {
      title: "Page not found",
      text: "There's nothing at this address. Check the link: the end may be missing.",
      upload: "Upload files",
    },
    newVersion: {
      text: "This page was updated. Reload to continue.",
      reload: "Reload",
    },
    access: {
      missing: {
        title: "You need an upload link.",
        text: "Files can be uploaded here only with a link. Open the link that you were given, or ask for one.",
      },
      expired: {
        title: "This upload link has expired.",
        text: "Ask for a new link, then open it in this tab.",
      },
      invalid: {
        title: "This upload link doesn't work.",
        text: "It may be cut off, or doesn't allow uploads. Ask for a new link, then open it in this tab.",
      },
      account: "Your files go to the account that this upload link belongs to.",
      needsGrant:
        "Uploading needs a valid upload link. Your files stay here: ask for a new link and open it in this tab, and the upload starts.",
    },
    sent: {
      title: "You sent this.",
      note: "This browser can still end the link or delete the files.",
      unfinished: "You're sending this from this browser.",
      controls: "Show the controls",
    },
    linkProblems: {
      incomplete: {
        title: "The link is incomplete.",
        text: "Ask the sender for the full link.",
      },
      invalid: {
        title: "This link doesn't work.",
        text: "It may be cut off or changed. Ask the sender for the full link.",
      },
      ended: {
        title: "This link was ended.",
        text: "Ask the sender for a new link.",
      },
      expired: { title: "This link has expired.", text: "Ask the sender for a new link." },
      deleted: {
        title: "These files were deleted.",
        text: "They are no longer on the server. Ask the sender to send them again.",
      },
      unfinished: {
        title: "This upload wasn't finished.",
        text: "It expired before all files had arrived. Ask the sender to send them again.",
      },
    },
    deleted: (count: number) => `${files(count)} ${were(count)} deleted.`,
  };
}

/** Text of the page without a batch, in one language. */
export type StartWords = ReturnType<typeof startWords>;
