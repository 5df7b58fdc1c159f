import type { ClientCode } from "../../client/index.ts";
import type { Formats } from "./formats.ts";

/** What the client sees to by itself: the file waits, or is not sent any more. */
type Unseen = "batch_paused" | "file_cancelled";

/** What only a mistake of the page's own brings about: there is no more to say of it than of any other. */
type Unexplained =
  | "malformed_request"
  | "method_not_allowed"
  | "bundle_too_large"
  | "upgrade_required"
  | "length_required"
  | "part_not_found"
  | "range_not_satisfiable";

/** What to do about each problem. Said to a person, who has files and no knowledge of HTTP. */
const problems: Record<Exclude<ClientCode, Unseen | Unexplained>, string> = {
  malformed_multipart: "The file arrived damaged. Try again.",
  unauthorized: "This link or permission is no longer valid. Ask for a new link.",
  forbidden: "This link does not allow that. Ask whoever sent it for another one.",
  not_found: "There is nothing at this address. Check the link.",
  batch_not_found: "This batch does not exist, or it was deleted. Check the link.",
  file_not_found: "The server does not know this file. Drop it again.",
  batch_sealed: "This batch takes no more files. Drop them again to start a new one.",
  files_added: "Files were added from elsewhere at the same moment. Try again.",
  batch_cancelled: "The batch was called off. Drop the files again to start a new one.",
  batch_expired: "This batch is too old and was deleted. Drop the files again to start a new one.",
  too_many_files: "That is more files than one batch holds. Start another batch for the rest.",
  too_large: "Larger than this server takes. Make it smaller, or split it.",
  type_refused: "Files of this type are not taken here. Convert it, or leave it out.",
  invalid_files: "The server refused a file's name or size. Rename it and drop it again.",
  size_mismatch: "The file changed while it was sent. Try again once it is saved.",
  checksum_mismatch: "The file arrived damaged. Try again.",
  rate_limited: "Too many requests at once. Wait a moment, then try again.",
  quota_exceeded: "Your allowance is used up. Try again later, or ask the operator for more.",
  internal_error: "Something went wrong on the server. Try again.",
  storage_failed: "The server could not store this file. Try again.",
  processing_failed: "The file was stored, but checking it failed. Try again.",
  not_configured: "This server is not set up yet. Its operator has to finish that first.",
  too_slow: "The connection was too slow. Check your network, then try again.",
  connection_failed: "The connection failed. Check your network, then try again.",
  unexpected_answer:
    "Something between you and the server gave a strange answer. Try another network.",
  file_unreadable: "The file was moved, changed or deleted on your disk. Drop it again.",
};

/** How a language is written, as HTML's `dir` says it. */
type Direction = "ltr" | "rtl";

const sentences: Readonly<Partial<Record<string, string>>> = problems;

function filesIn(format: Formats): (count: number) => string {
  return (count) => `${format.number(count)} ${count === 1 ? "file" : "files"}`;
}

function were(count: number): string {
  return count === 1 ? "was" : "were";
}

/** What is said in English wherever a batch is shown. Another language is another file like this one. */
export function words(format: Formats) {
  const files = filesIn(format);
  return {
    direction: "ltr" as Direction,
    files,
    /** What to do about a problem. A newer server may send a code that this page does not know yet. */
    problem: (code: string) =>
      sentences[code] ?? "Something unexpected went wrong. Reload the page and try again.",
    empty: {
      title: "Drop your files.",
      promise: "Every one is counted.",
      hint: "Drop them here, or",
    },
    drop: {
      chooseFiles: "Choose files",
      chooseFolder: "Choose a folder",
      addFiles: "Add files",
      addFolder: "Add a folder",
      letGo: "Let go, and they are counted.",
      reading: "Reading folders. Files are added as they are found.",
      over: (refused: number, most: number) =>
        `A batch holds ${files(most)}. ${files(refused)} did not fit and ${were(refused)} left out: drop them again once this batch is done.`,
      tooLarge: (names: readonly string[], most: number) =>
        `${files(names.length)} ${were(names.length)} left out: this server takes at most ${format.bytes(most)} in one. ${format.some(names)}`,
      unreadable: (count: number) =>
        `${files(count)} could not be read from the disk and ${were(count)} left out.`,
      doubles: (count: number) =>
        `${files(count)} ${count === 1 ? "is" : "are"} in this batch already, by folder, name, size and time.`,
      leaveOut: "Leave out",
      uploadToo: "Upload again",
      understood: "All right",
      nothing: "There was no file in that.",
      added: (count: number) => `${files(count)} added.`,
    },
    count: {
      of: (all: number) => `of ${files(all)} counted`,
      label: "Whole batch",
      value: (confirmed: number, sent: number) =>
        `${format.percent(confirmed)} stored, ${format.percent(sent)} sent`,
      bytes: "Received",
      bytesOf: (done: number, all: number) => `${format.bytes(done)} of ${format.bytes(all)}`,
      speed: "Speed",
      left: "Time left",
      about: (seconds: number) => `about ${format.duration(seconds)}`,
      took: "Took",
      unknown: "–",
      sent: "sent",
      stored: "stored",
      failed: "failed",
      stroke: (count: number) =>
        count === 1 ? "one stroke is one file" : `one stroke is ${files(count)}`,
    },
    summary: {
      title: "Summary",
      allDone: (count: number) =>
        count === 1 ? "The file is stored." : `All ${files(count)} are stored.`,
      someDone: (done: number, all: number) =>
        `${format.number(done)} of ${files(all)} ${all === 1 ? "is" : "are"} stored.`,
      cancelled: (count: number) => `${files(count)} ${count === 1 ? "was" : "were"} called off.`,
      failed: (count: number) => `${files(count)} failed`,
      more: (count: number) => `and ${format.number(count)} more`,
      retry: (count: number) => (count === 1 ? "Try it again" : `Try ${files(count)} again`),
      show: "Show them",
      another: "Start another batch",
    },
    run: {
      pause: "Pause",
      resume: "Go on",
      cancel: "Call off",
      confirm: "Call off every file that is not stored yet?",
    },
    watch: {
      empty: "No files yet. They appear here as they are added.",
      loading: "Opening the batch …",
      broken: "This batch cannot be shown.",
    },
    batch: {
      retry: "Try again",
      paused: "Paused. What is on its way finishes; the rest waits.",
      cancelled: "This batch was called off.",
    },
    connection: {
      connecting: "Connecting",
      live: "Live",
      reconnecting: "Reconnecting",
      polling: "Asking every few seconds",
      offline: "Waiting for the network. It goes on by itself.",
    },
    asked: (seconds: number) => `The server asked to wait: ${format.duration(seconds)}.`,
    milestones: {
      percent: (percent: number, done: number, all: number) =>
        `${format.percent(percent)}: ${format.number(done)} of ${files(all)} stored.`,
      firstFailure: "A file failed. The others go on.",
    },
  };
}

/** What only the page says: the elements of other people's pages do without. */
export function pageWords(format: Formats) {
  const files = filesIn(format);
  return {
    name: "Tallyman",
    landing: {
      lead: (most: number) =>
        `Up to ${files(most)} at once, whole folders too. You see each one arrive, and so does anyone you give the link.`,
      hint: "Drop or paste anywhere on this page, or",
    },
    speed: {
      limit: "Speed limit",
      none: "No speed limit",
      atMost: (speed: string) => `At most ${speed}`,
    },
    states: {
      queued: "Waiting",
      uploading: "Sending",
      processing: "Checking",
      completed: "Done",
      failed: "Failed",
      cancelled: "Called off",
    },
    row: {
      sending: (percent: number) => `Sending ${format.percent(percent)}`,
      sent: "Sent",
      stored: "Stored",
      retryNamed: (name: string) => `Try again: ${name}`,
      cancelNamed: (name: string) => `Call off: ${name}`,
      downloadNamed: (name: string) => `Download: ${name}`,
    },
    list: {
      title: "Files",
      label: (shown: number, isWatching: boolean) =>
        isWatching
          ? `${files(shown)}. Arrow keys move, Enter downloads a stored file.`
          : `${files(shown)}. Arrow keys move, Enter downloads a stored file or tries a failed one again, Delete calls a file off.`,
      filters: "Show",
      all: "All",
      queued: "Waiting",
      moving: "On the way",
      completed: "Done",
      failed: "Failed",
      cancelled: "Called off",
      search: "Find by name",
      order: "Order",
      orders: {
        added: "As added",
        name: "By name",
        largest: "Largest first",
        smallest: "Smallest first",
        state: "Failed first",
      },
      none: "No file matches.",
    },
    report: {
      took: (bytes: number, seconds: number) =>
        `${format.bytes(bytes)} in ${format.duration(seconds)}.`,
      copy: "Copy summary",
      copied: "Summary copied",
      refused: "The browser did not allow that. Download the list instead.",
      save: "Download as CSV",
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
      codeLabel: "The share link as a QR code",
      noCode: "The code could not be loaded. Copy the share link instead.",
      close: "Close",
      who: "Whoever has the link can see and download these files, and change nothing.",
    },
    ownLink: {
      code: "Another device",
      scan: "Scan to go on there",
      codeLabel: "The link for your other devices as a QR code",
      copy: "Copy link",
      who: "Whoever has this link can add files, pause and call off. Keep it to yourself.",
    },
    watching: {
      title: "You are watching a batch.",
      who: "Whoever has this link can see and download these files, and change nothing.",
      cut: "This link is not complete.",
      noToken: "The part after # is missing. Ask whoever sent it for the whole link.",
    },
    returning: {
      title: "Not finished yet",
      stored: (done: number, all: number) =>
        `An upload is not finished: ${format.number(done)} of ${files(all)} ${all === 1 ? "is" : "are"} stored.`,
      unknown: "An upload is not finished. How far it has come is not known at the moment.",
      begun: (moment: string) => `Begun ${moment}.`,
      paused: (moment: string) => `Begun ${moment}, and paused.`,
      elsewhere: (moment: string) => `Begun ${moment}. It is open in another tab of this browser.`,
      watch: "Watch",
      folderAgain: "Choose the folder again",
      filesAgain: "Choose the files again",
      missing: (count: number) =>
        `${files(count)} ${count === 1 ? "is" : "are"} still missing, and this browser does not have ${count === 1 ? "it" : "them"}. What is stored already is not sent again.`,
      without: "Go on without",
      strangers: (count: number) =>
        `${files(count)} of these ${were(count)} not in this batch: new, or changed since.`,
      add: "Add to the batch",
    },
    recent: {
      title: "Your recent batches",
      none: "None of your earlier batches is left.",
      unknown: "Your recent batches could not be asked for. Reload the page to try again.",
      more: (count: number) => `Show ${format.number(count)} more`,
      states: {
        active: "Not finished",
        paused: "Paused",
        completed: "Done",
        cancelled: "Called off",
      },
    },
    tab: {
      running: (percent: number) => `${format.percent(percent)} · Tallyman`,
      done: (count: number) => `✓ ${files(count)} · Tallyman`,
      failed: (count: number) => `${files(count)} failed · Tallyman`,
    },
  };
}

/** What a language has to say wherever a batch is shown. */
export type Words = ReturnType<typeof words>;

/** What it has to say on the page. */
export type PageWords = ReturnType<typeof pageWords>;
