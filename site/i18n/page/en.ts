import type { FileState } from "../../../protocol/index.ts";
import type { Formats } from "../formats.ts";
import { are, filesIn, them } from "../english-counts.ts";

/** The English text that only the page shows, with a batch. Another language is a file like this one beside it. */
export function pageWords(format: Formats) {
  const files = filesIn(format);
  const more = (count: number) => `and ${format.number(count)} more`;
  return {
    bandwidth: {
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
    } satisfies Record<FileState, string>,
    contactSheet: {
      label: "Contact sheet: a tile for each file. The list has the same files, with their names.",
    },
    notify: {
      label: "Notify me when done",
      blocked: "Notifications are blocked. Allow them for this page in the browser's settings.",
    },
    batchName: {
      label: "Batch name",
      add: "Add a name",
      rename: "Rename",
      save: "Save",
      cancel: "Cancel",
      failed: "Couldn't save the name. Try again.",
    },
    row: {
      unknownSize: "–",
      uploading: (percent: number) => `Uploading ${format.percent(percent)}`,
      sent: "Sent",
      stored: "Stored",
      startsOver: (moment: string) =>
        `Finish by ${moment}, or it starts over: unfinished files aren't kept longer.`,
      startedOver: "Starts over: it wasn't finished in time.",
      retryNamed: (name: string) => `Retry ${name}`,
      undo: "Undo",
      undoNamed: (name: string) => `Undo the cancellation of ${name}`,
      cancelledNamed: (name: string) => `${name} is cancelled. Press Enter to undo.`,
      cancelNamed: (name: string) => `Cancel ${name}`,
      view: "View",
      viewNamed: (name: string) => `View ${name}`,
      downloadNamed: (name: string) => `Download ${name}`,
    },
    list: {
      title: "Files",
      label: (shown: number, isWatching: boolean) =>
        isWatching
          ? `${files(shown)}. Use the up and down arrow keys to move, and left and right to close and open a folder. Enter opens a picture or video, and downloads any other stored file.`
          : `${files(shown)}. Use the up and down arrow keys to move, and left and right to close and open a folder. Enter opens a picture or video, downloads any other stored file and retries a failed one. Delete cancels a file.`,
      now: "Now",
      filters: "Filter by state",
      all: "All",
      queued: "Waiting",
      inProgress: "In progress",
      completed: "Done",
      failed: "Failed",
      cancelled: "Cancelled",
      search: "Find by name",
      order: "Sort order",
      orders: {
        folder: "By folder",
        added: "In order added",
        name: "By name",
        largest: "Largest first",
        smallest: "Smallest first",
        state: "Failed first",
      },
      folderCount: (stored: number, all: number) =>
        `${format.number(stored)} of ${format.number(all)}`,
      noMatches: "No files match.",
    },
    report: {
      bytesInTime: (bytes: number, seconds: number) =>
        `${format.bytes(bytes)} in ${format.duration(seconds)}.`,
      copy: "Copy summary",
      copied: "Summary copied",
      copyFailed: "Couldn't copy the summary. Download the CSV instead.",
      download: "Download CSV",
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
      title: "Share link",
      link: "Share link",
      copy: "Copy link",
      copied: "Link copied",
      copyFailed: "Couldn't copy the link. Select it, then copy it.",
      send: "Share",
      code: "QR code",
      codeTitle: "Scan to view",
      codeLabel: "QR code of the share link",
      codeFailed: "Couldn't load the QR code. Copy the link instead.",
      close: "Close",
      note: "Anyone with this link can view and download these files, but not change them.",
      until: (date: string) => `It works until ${date}.`,
      daysAfter: (days: number) =>
        `It works until ${days === 1 ? "a day" : `${format.number(days)} days`} after the upload.`,
      photos: "Photos keep the location and time saved in them.",
      ended: "The link was ended. It no longer opens these files.",
      expired: "The link has expired. It no longer opens these files.",
      make: "Make a new link",
      end: "End link",
      confirmEnd: {
        title: "End the link?",
        text: "People who have it can no longer view or download these files. You can make a new link.",
        accept: "End link",
        decline: "Keep link",
      },
      delete: "Delete files",
      confirmDelete: (count: number, isUnfinished: boolean) => ({
        title: `Delete ${files(count)}?`,
        text: `${isUnfinished ? "The upload stops. " : ""}The files are deleted for everyone, and the link ends. This can't be undone.`,
        accept: `Delete ${files(count)}`,
        decline: "Keep files",
      }),
    },
    lightbox: {
      title: "Pictures and videos",
      place: ({ index, count }: { index: number; count: number }) =>
        `${format.number(index + 1)} of ${format.number(count)}`,
      previous: "Previous",
      next: "Next",
      download: "Download",
      loading: "Loading…",
      failed: (name: string) => `This browser can't show ${name}. Download it instead.`,
    },
    resumeLink: {
      code: "Continue on another device",
      codeTitle: "Scan to continue there",
      codeLabel: "QR code of the link for your other devices",
      copy: "Copy link",
      note: "Anyone with this link can add, pause and cancel. Keep it private.",
    },
    recipient: {
      downloadAll: (count: number, bytes: number) =>
        `Download ${count === 1 ? "the file" : `all ${files(count)}`} (${format.bytes(bytes)})`,
      downloadStored: (count: number) => `Download ${files(count)} stored so far`,
      until: (date: string) => `The link works until ${date}.`,
      report: "Report abuse",
      reportSubject: "Report about uploaded files",
    },
    resume: {
      title: "Unfinished batches",
      unnamed: "Unfinished batch",
      stored: (title: string, done: number, all: number) =>
        `${title}: ${format.number(done)} of ${files(all)} stored`,
      unknownProgress: (title: string) => `${title}: progress unavailable`,
      started: (moment: string) => `Started ${moment}.`,
      paused: (moment: string) => `Paused. Started ${moment}.`,
      openInOtherTab: (moment: string) => `Open in another tab. Started ${moment}.`,
      view: "View",
      chooseFolder: "Choose folder again",
      chooseFiles: "Choose files again",
      missing: (names: readonly string[]) =>
        `${files(names.length)} ${are(names.length)} missing from this browser: ${format.some(names, more)}. Choose ${them(names.length)} again; stored files won't be sent twice.`,
      continueWithout: (count: number) => `Continue without ${them(count)}`,
      savesNothing: "This window saves nothing. Stay until the upload is done.",
      savesNoFiles: "This window can't save these files. If you reload it, choose them again.",
      unmatched: (count: number) =>
        count === 1
          ? "1 file isn't in this batch. It's new or has changed."
          : `${files(count)} aren't in this batch. They're new or have changed.`,
      addToBatch: "Add to batch",
      link: {
        title: "This link continues a batch from another device.",
        text: "If the batch isn't yours, the person who made the link can see and download every file that you add.",
        waiting: "Your files wait for your answer.",
        accept: "Open the batch",
        decline: "Don't open it",
      },
    },
    recent: {
      title: "Recent batches",
      none: "No recent batches.",
      loadFailed: "Couldn't load your recent batches. Reload the page to try again.",
      more: "Show more",
      states: {
        active: "Unfinished",
        paused: "Paused",
        completed: "Done",
        cancelled: "Cancelled",
        deleted: "Deleted",
      },
      linkUntil: (date: string) => `Link until ${date}`,
      linkExpired: "Link expired",
      linkEnded: "Link ended",
    },
    tab: {
      running: (percent: number, name: string) => `${format.percent(percent)} · ${name}`,
      paused: (percent: number, name: string) => `Paused at ${format.percent(percent)} · ${name}`,
      offline: (percent: number, name: string) => `Offline at ${format.percent(percent)} · ${name}`,
      cancelled: (name: string) => `Cancelled · ${name}`,
      done: (count: number, name: string) => `✓ ${files(count)} · ${name}`,
      failed: (count: number, name: string) => `${files(count)} failed · ${name}`,
    },
  };
}

/** Text that only the page shows, with a batch, in one language. */
export type PageWords = ReturnType<typeof pageWords>;
