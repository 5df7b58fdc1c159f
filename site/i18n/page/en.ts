import type { Formats } from "../formats.ts";
import { are, filesIn, them } from "../elements/en.ts";

export { words } from "../elements/en.ts";

/** The English text that only the page shows. Another language is a file like this one beside it. */
export function pageWords(format: Formats) {
  const files = filesIn(format);
  return {
    name: "Tallyman",
    landing: {
      lead: (most: number) =>
        `Upload up to ${files(most)} at once, including whole folders. You see each one arrive, and so does anyone you share the link with.`,
      hint: "Drop or paste anywhere on this page, or",
    },
    speed: {
      limit: "Bandwidth limit",
      none: "No bandwidth limit",
      atMost: (speed: string) => `At most ${speed}`,
    },
    states: {
      queued: "Waiting",
      uploading: "Uploading",
      processing: "Checking",
      completed: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
    },
    row: {
      sending: (percent: number) => `Uploading ${format.percent(percent)}`,
      sent: "Sent",
      stored: "Stored",
      retryNamed: (name: string) => `Retry ${name}`,
      cancelNamed: (name: string) => `Cancel ${name}`,
      downloadNamed: (name: string) => `Download ${name}`,
    },
    list: {
      title: "Files",
      label: (shown: number, isWatching: boolean) =>
        isWatching
          ? `${files(shown)}. Use the arrow keys to move and Enter to download a stored file.`
          : `${files(shown)}. Use the arrow keys to move, Enter to download a stored file or retry a failed one, and Delete to cancel a file.`,
      filters: "Filter by state",
      all: "All",
      queued: "Waiting",
      inProgress: "In progress",
      completed: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
      search: "Search by name",
      order: "Sort order",
      orders: {
        added: "In order added",
        name: "By name",
        largest: "Largest first",
        smallest: "Smallest first",
        state: "Failed first",
      },
      none: "No files match.",
    },
    report: {
      took: (bytes: number, seconds: number) =>
        `${format.bytes(bytes)} in ${format.duration(seconds)}.`,
      copy: "Copy summary",
      copied: "Summary copied",
      refused: "Couldn't copy the summary. Download the CSV instead.",
      save: "Download CSV",
      columns: {
        number: "Number",
        name: "Name",
        folder: "Folder",
        bytes: "Bytes",
        state: "State",
        code: "Problem",
        reason: "What to do",
      },
    },
    share: {
      copy: "Copy share link",
      copied: "Link copied",
      link: "Share link",
      code: "QR code",
      scan: "Scan to watch",
      codeLabel: "QR code of the share link",
      noCode: "Couldn't load the QR code. Copy the link instead.",
      close: "Close",
      who: "Anyone with this link can view and download these files, but not change them.",
    },
    ownLink: {
      code: "Continue on another device",
      scan: "Scan to continue there",
      codeLabel: "QR code of the link for your other devices",
      copy: "Copy link",
      who: "Anyone with this link can add, pause and cancel. Keep it private.",
    },
    watching: {
      title: "You're viewing a shared batch.",
      who: "Anyone with this link can view and download these files, but not change them.",
      cut: "The link is incomplete.",
      noToken: "Ask for it again, and open the whole link.",
    },
    returning: {
      title: "Unfinished batches",
      stored: (done: number, all: number) =>
        `Unfinished batch: ${format.number(done)} of ${files(all)} stored`,
      unknown: "Unfinished batch: couldn't load its progress",
      begun: (moment: string) => `Started ${moment}.`,
      paused: (moment: string) => `Paused. Started ${moment}.`,
      elsewhere: (moment: string) => `Open in another tab. Started ${moment}.`,
      watch: "View",
      folderAgain: "Choose folder again",
      filesAgain: "Choose files again",
      missing: (count: number) =>
        `${files(count)} ${are(count)} missing from this browser. Choose ${them(count)} again; stored files won't be sent twice.`,
      without: "Continue without them",
      strangers: (count: number) =>
        count === 1
          ? "1 file isn't in this batch yet. It's new or has changed."
          : `${files(count)} aren't in this batch yet. They're new or have changed.`,
      add: "Add to batch",
    },
    recent: {
      title: "Recent batches",
      none: "No recent batches.",
      unknown: "Couldn't load your recent batches. Reload the page to try again.",
      more: (count: number) => `Show ${format.number(count)} more`,
      states: {
        active: "Unfinished",
        paused: "Paused",
        completed: "Done",
        cancelled: "Cancelled",
      },
    },
    tab: {
      running: (percent: number) => `${format.percent(percent)} · Tallyman`,
      done: (count: number) => `✓ ${files(count)} · Tallyman`,
      failed: (count: number) => `${files(count)} failed · Tallyman`,
    },
  };
}

/** Text that only the page shows, in one language. */
export type PageWords = ReturnType<typeof pageWords>;
