import type { ClientCode } from "../../../client/index.ts";
import type { FileKind } from "../../batch/file-kind.ts";
import type { Wait } from "../../batch/wait.ts";
import { MINUTE_MS } from "../../../protocol/index.ts";
import { are, filesIn, them, were } from "../english-counts.ts";
import { type Formats, SOME_TYPES } from "../formats.ts";
import { textFor } from "../text-for.ts";

/** Codes that the client handles by itself: the file waits, or is no longer sent. */
type HandledCode = "batch_paused" | "file_cancelled";

/** Codes that only a bug in the page can cause. They show the general error text. */
type InternalCode =
  | "malformed_request"
  | "method_not_allowed"
  | "bundle_too_large"
  | "idempotency_mismatch"
  | "in_progress"
  | "not_completed"
  | "precondition_failed"
  | "upgrade_required"
  | "length_required"
  | "part_not_found"
  | "no_sheet"
  | "unsupported_encoding"
  | "range_not_satisfiable";

/** Codes with a text of their own. */
export type ProblemCode = Exclude<ClientCode, HandledCode | InternalCode>;

/**
 * Text per problem code: the problem, then what to do. For people who don't know HTTP. `{one|several}`
 * has the words for one file and for several.
 */
const problems: Record<ProblemCode, string> = {
  malformed_multipart: "{The file was|The files were} damaged during the upload. Try again.",
  token_revoked: "This link was ended. Ask for a new link.",
  unauthorized: "This link or permission is no longer valid. Ask for a new link.",
  forbidden: "The server doesn't allow that. Ask for another link, or ask the server's operator.",
  not_found: "Nothing was found at this address. Check the link.",
  batch_not_found: "This batch doesn't exist or was deleted. Check the link.",
  file_not_found: "The server has no record of {this file. Drop it|these files. Drop them} again.",
  batch_sealed: "This batch no longer accepts files. Drop them again to start a new one.",
  files_added: "Files were added to this batch elsewhere at the same time. Try again.",
  batch_cancelled: "This batch was cancelled. Drop the files again to start a new one.",
  batch_expired:
    "This batch expired before it was finished. Drop the files again to start a new one.",
  too_many_files: "That's more files than a batch can hold. Start another batch for the rest.",
  too_large:
    "{This file is|These files are} too large for this server. Make {it|them} smaller or split {it|them}.",
  type_refused:
    "{This file type isn't|These file types aren't} accepted. Convert the {file or skip it|files or skip them}.",
  invalid_files:
    "The server rejected {a file's name or size. Rename the file and drop it|the names or sizes of files. Rename them and drop them} again.",
  size_mismatch: "The {file|files} changed during the upload. Save {it|them}, then try again.",
  checksum_mismatch: "{The file was|The files were} damaged during the upload. Try again.",
  rate_limited: "Too many requests. Wait a moment, then try again.",
  busy: "The server is busy. Wait a moment, then try again.",
  quota_exceeded: "Your upload quota is used up. Try again later, or ask the operator for more.",
  internal_error: "Something went wrong on the server. Try again.",
  storage_failed: "The server couldn't store {this file|these files}. Try again.",
  processing_failed:
    "The {file was stored, but the server couldn't check it|files were stored, but the server couldn't check them}. Try again.",
  not_configured: "This server isn't set up yet. Its operator needs to finish the setup.",
  too_slow: "The connection was too slow. Check your network, then try again.",
  connection_failed: "The connection failed. Check your network, then try again.",
  foreign_response:
    "Something between this browser and the server is responding in its place. Try another network.",
  refused_in_between:
    "A firewall or proxy on the network refused {this file. Try another network, or skip the file|these files. Try another network, or skip the files}.",
  network_limit:
    "The network doesn't let {a file of this size through. Try another network, or make it|files of this size through. Try another network, or make them} smaller.",
  unexpected_answer: "The server sent an unexpected response. Reload the page, then try again.",
  client_error: "This page has a fault. Reload it: stored files won't be sent twice.",
  file_unreadable:
    "The {file was moved, changed or deleted on your device. Drop it|files were moved, changed or deleted on your device. Drop them} again.",
};

/** Names of all types of a kind: of `image/*`. */
type Kinds = Readonly<Partial<Record<string, string>>>;

const problemTexts: Readonly<Partial<Record<string, string>>> = problems;

/**
 * The English text of a batch, on the page and in the elements, which load it with the code that shows a
 * batch. Another language is a file like this one beside it.
 */
export function batchWords(format: Formats) {
  const files = filesIn(format);
  const more = (count: number) => `and ${format.number(count)} more`;
  return {
    files,
    /**
     * Text for a problem code. A newer server may send a code that this page does not know yet.
     *
     * @param networkLimit bytes that the network lets through (`Ledger.networkLimit`)
     * @param count files that the text is about
     */
    problem: (code: string, networkLimit: number | null = null, count = 1) => {
      if (code === "network_limit" && networkLimit !== null)
        return `The network lets files of at most ${format.bytes(networkLimit)} through. Try another network, or make ${count === 1 ? "the file" : "them"} smaller.`;
      const text = problemTexts[code] ?? "Something went wrong. Reload the page and try again.";
      return textFor(count, text);
    },
    drop: {
      addFiles: "Add files",
      addFolder: "Add folder",
      reading: "Reading folders. Files are added as they're found.",
      overLimit: (paths: readonly string[], most: number) =>
        `A batch holds up to ${files(most)}. ${files(paths.length)} ${were(paths.length)} skipped: ${format.some(paths, more)}. Drop ${them(paths.length)} again when this batch is done.`,
      overBytes: (paths: readonly string[], most: number) =>
        `A batch holds up to ${format.byteLimit(most)}. ${files(paths.length)} ${were(paths.length)} skipped: ${format.some(paths, more)}. Drop ${them(paths.length)} again when this batch is done.`,
      tooLarge: (names: readonly string[], most: number) =>
        `${files(names.length)} larger than ${format.byteLimit(most)} ${were(names.length)} skipped: ${format.some(names, more)}. Make ${them(names.length)} smaller or split ${them(names.length)}.`,
      /** @param accepted text of the accepted types */
      wrongType: (names: readonly string[], accepted: string) =>
        `${files(names.length)} ${were(names.length)} skipped: ${format.some(names, more)}. Only ${accepted} can be uploaded here. Convert ${them(names.length)} first.`,
      unreadable: (paths: readonly string[]) =>
        `Couldn't read ${format.some(paths, more)}. Check that ${paths.length === 1 ? "it opens" : "they open"}, then drop ${them(paths.length)} again.`,
      emptyFolders: (paths: readonly string[]) =>
        `${format.number(paths.length)} ${paths.length === 1 ? "folder is" : "folders are"} empty, so ${paths.length === 1 ? "it isn't" : "they aren't"} uploaded: ${format.some(paths, more)}`,
      /** @param count of files and folders with such names in `folders` */
      undecodable: (count: number, folders: readonly string[]) =>
        `${format.number(count)} ${count === 1 ? "item" : "items"} in ${format.some(folders, more)} ${count === 1 ? "has a name" : "have names"} that this browser can't read. Rename ${them(count)}, then drop the folder again.`,
      showAll: "Show all",
      allNames: "All names",
      duplicates: (count: number) =>
        `${files(count)} ${are(count)} already in this batch (same folder, name, size and date).`,
      skip: "Skip",
      uploadAgain: "Upload again",
      ok: "OK",
      noFiles: "No files found.",
      added: (count: number) => `${files(count)} added.`,
    },
    limits: {
      files,
      fileBytes: (most: number) => `${format.byteLimit(most)} per file`,
      bytes: (most: number) => `${format.byteLimit(most)} in total`,
      upTo: (amounts: readonly string[]) => `Up to ${amounts.join(", ")}.`,
      only: (accepted: string) => `Only ${accepted}.`,
      types: (names: readonly string[]) => format.some(names, more, SOME_TYPES),
      kinds: {
        image: "images",
        video: "videos",
        audio: "audio files",
        text: "text files",
      } as Kinds,
    },
    hero: {
      noFiles: "No files yet.",
      filesStored: (stored: number, all: number) =>
        `${format.number(stored)} of ${files(all)} stored`,
      bytesSent: (sent: number, all: number) =>
        `${format.bytes(sent)} of ${format.bytes(all)} sent`,
      timeLeft: (seconds: number) => `${format.duration(seconds)} left`,
      bytesInTime: (bytes: number, seconds: number) =>
        `${format.bytes(bytes)} in ${format.duration(seconds)}`,
      safe: (stored: number, all: number, kind: FileKind) => {
        const kinds = (count: number) => `${format.number(count)} ${kind}${count === 1 ? "" : "s"}`;
        if (stored < all) return `${format.number(stored)} of ${kinds(all)} ${are(all)} safe.`;
        return all === 1 ? `${kinds(all)} is safe.` : `All ${kinds(all)} are safe.`;
      },
    },
    count: {
      label: "Batch progress",
      value: (stored: number, sent: number, failed: number) => {
        const progress = `${format.percent(stored)} stored, ${format.percent(sent)} sent`;
        return failed > 0 ? `${progress}, ${format.percent(failed)} failed` : progress;
      },
      bytesOf: (done: number, all: number) => `${format.bytes(done)} of ${format.bytes(all)}`,
      sent: "sent",
      stored: "stored",
      failed: "failed",
      stroke: (count: number) => `1 stroke = ${files(count)}`,
    },
    summary: {
      title: "Summary",
      cancelled: (count: number) => `${files(count)} ${were(count)} cancelled.`,
      failed: (count: number) => `${files(count)} failed.`,
      checked: (count: number): string =>
        count === 1
          ? "The file was checked against its SHA-256."
          : "Each file was checked against its SHA-256.",
      startAnother: "Start another batch",
    },
    failures: {
      title: "Failed files",
      reason: (count: number, text: string) => `${files(count)}: ${text}`,
      others: (count: number, reasons: number) =>
        `${files(count)} for ${format.number(reasons)} other reasons`,
      retry: (count: number) => (count === 1 ? "Retry" : `Retry ${format.number(count)}`),
      finishWithout: (count: number) => `Finish without ${them(count)}`,
      show: (count: number) => `Show ${them(count)}`,
      senderCanRetry: (count: number) => `The sender can retry ${them(count)}.`,
    },
    keeping: {
      until: (at: number) => `Files are deleted on ${format.date(at)}.`,
      always: "Files stay until you delete them.",
    },
    controls: {
      pause: "Pause",
      resume: "Resume",
      addMore: "Add more",
      more: "More controls",
      cancel: "Cancel",
      cancelBatch: "Cancel batch",
      confirmCancel: "Cancel all files that haven't been stored yet?",
    },
    watch: {
      empty: "They'll appear here as they're added.",
    },
    batch: {
      retry: "Retry",
      paused: "Paused. Uploads in progress will finish; the rest will wait.",
      processing: "Processing continues; you can close this page.",
      cancelled: "This batch was cancelled.",
      blocked:
        "The server's operator has blocked uploads to this batch. Stored files can still be downloaded.",
    },
    connection: {
      connecting: "Connecting…",
      live: "Live",
      reconnecting: "Reconnecting…",
      polling: "Checking for updates",
      offline: "Offline.",
      paused: "Paused",
      limited: "Waiting for the bandwidth limit",
      unresponsive: "The server isn't responding. Retrying.",
    },
    still: {
      quiet: (seconds: number) => `Nothing has arrived for ${format.duration(seconds)}.`,
      gone: (seconds: number) =>
        `Nothing has arrived for ${format.duration(seconds)}. The sender may be offline; the upload continues when they return.`,
    },
    outage: {
      network: (since: number) => `Offline since ${format.time(since)}.`,
      resumes: "Uploads resume automatically.",
      foreign: () =>
        "Something between this browser and the server is responding in its place. Retrying.",
      challenge: () => "The network wants to check this browser.",
      reload: "Reload this page",
    },
    wait: ({ ms, until, code }: Wait) => {
      const reason =
        code === "quota_exceeded" ? "Your upload quota is used up." : "The server is busy.";
      return `${reason} Retrying ${ms < MINUTE_MS ? `in ${format.duration(Math.ceil(ms / 1000))}` : `at ${format.time(until)}`}.`;
    },
  };
}

/** Text shown wherever a batch is displayed, in one language. */
export type BatchWords = ReturnType<typeof batchWords>;
