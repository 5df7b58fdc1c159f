import {
  type FileError,
  type FileState,
  type Findings,
  isSettled,
  PROGRESS,
  receivingProgress,
  type Row,
} from "../../protocol/index.ts";

/** What changes about a file while it is uploaded; what was declared of it is in the manifest. */
export interface FileRecord extends Findings {
  size: number;
  state: FileState;
  /** 0 to 100, whole. */
  progress: number;
  receivedBytes: number;
  attempts: number;
  /** The batch's rev when this file last changed. */
  rev: number;
  /** Which request is sending the file now: the reports of an older one no longer count. */
  upload?: string;
  /** When that request was last heard of, in ms: one that falls silent has vanished. */
  heardAt?: number;
  error?: FileError;
  etag?: string;
  sha256?: string;
}

/** What the Worker tells of one file. Saying it twice, or late, changes nothing. */
export type Report = { file: number } & (
  | { event: "started"; upload: string }
  | { event: "receiving"; upload: string; receivedBytes: number }
  | { event: "interrupted"; upload: string }
  | { event: "stored"; etag: string; sha256?: string }
  | { event: "processing"; progress: number }
  | { event: "completed"; findings: Findings }
  | { event: "failed"; upload?: string; error: FileError }
  | { event: "cancelled" }
  | { event: "retried" }
);

/** A file as it is declared. */
export function newFile(size: number): FileRecord {
  return { size, state: "queued", progress: 0, receivedBytes: 0, attempts: 0, rev: 0 };
}

/** A file that a limit refuses is declared all the same, and has failed at once. */
export function refusedFile(size: number, error: FileError): FileRecord {
  return { ...newFile(size), state: "failed", error };
}

export function rowOf(id: number, file: FileRecord): Row {
  return [id, file.state, file.progress, file.receivedBytes, file.error?.code ?? null];
}

/** Has the whole file reached R2? */
export function isStored(file: FileRecord): boolean {
  return file.etag !== undefined;
}

/** Is the file's place in the tally exactly what it was when it was declared? */
export function isUntouched(file: FileRecord): boolean {
  return file.state === "queued" && file.attempts === 0;
}

/**
 * The file after a report: the same object where the report changes nothing, because it is a
 * repetition, too late, or of a request that another has replaced.
 */
export function advance(file: FileRecord, report: Report, now: number): FileRecord {
  switch (report.event) {
    case "started":
      return started(file, report, now);
    case "receiving":
      return receiving(file, report, now);
    case "interrupted":
      return interrupted(file, report);
    case "stored":
      return stored(file, report, now);
    case "processing":
      return processing(file, report, now);
    case "completed":
      return completed(file, report);
    case "failed":
      return failed(file, report);
    case "cancelled":
      return cancelled(file);
    case "retried":
      return retried(file);
  }
}

type Of<E extends Report["event"]> = Extract<Report, { event: E }>;

function started(file: FileRecord, { upload }: Of<"started">, now: number): FileRecord {
  if (isSettled(file.state) || isStored(file) || file.upload === upload) return file;
  const attempts = file.attempts + 1;
  const begun = {
    state: "uploading",
    receivedBytes: 0,
    progress: 0,
    upload,
    heardAt: now,
  } as const;
  return { ...file, ...begun, attempts };
}

function receiving(
  file: FileRecord,
  { upload, receivedBytes }: Of<"receiving">,
  now: number,
): FileRecord {
  const bytes = Math.min(receivedBytes, file.size);
  if (file.upload !== upload || bytes <= file.receivedBytes) return file;
  const progress = receivingProgress(bytes, file.size);
  return { ...file, receivedBytes: bytes, progress, heardAt: now };
}

function interrupted(file: FileRecord, { upload }: Of<"interrupted">): FileRecord {
  if (file.upload !== upload) return file;
  return { ...idle(file), state: "queued", progress: PROGRESS.queued, receivedBytes: 0 };
}

function stored(file: FileRecord, { etag, sha256 }: Of<"stored">, now: number): FileRecord {
  if (isSettled(file.state) || isStored(file)) return file;
  const found = { etag, ...(sha256 && { sha256 }), receivedBytes: file.size };
  return { ...idle(file), ...found, state: "uploading", progress: PROGRESS.stored, heardAt: now };
}

function processing(file: FileRecord, { progress }: Of<"processing">, now: number): FileRecord {
  const begins = file.state === "uploading" && isStored(file);
  const goesOn = file.state === "processing" && progress > file.progress;
  if (!begins && !goesOn) return file;
  return { ...file, state: "processing", progress, heardAt: now };
}

function completed(file: FileRecord, { findings }: Of<"completed">): FileRecord {
  if (file.state !== "processing") return file;
  return { ...idle(file), ...findings, state: "completed", progress: PROGRESS.completed };
}

function failed(file: FileRecord, { upload, error }: Of<"failed">): FileRecord {
  const replaced = upload !== undefined && file.upload !== undefined && file.upload !== upload;
  if (isSettled(file.state) || replaced) return file;
  return { ...idle(file), state: "failed", error };
}

function cancelled(file: FileRecord): FileRecord {
  return isSettled(file.state) ? file : { ...idle(file), state: "cancelled" };
}

function retried(file: FileRecord): FileRecord {
  if (file.state !== "failed" || file.error?.retryable === false) return file;
  const { size, attempts, rev } = file;
  return { ...newFile(size), attempts, rev };
}

/** The file without whoever was sending it. */
function idle(file: FileRecord): FileRecord {
  const { upload: _, heardAt: __, ...rest } = file;
  return rest;
}

/**
 * What to report of a file whose request fell silent: one that is stored already only misses what
 * processing would have found; any other waits to be sent again.
 */
export function reportsOfSilence(id: number, file: FileRecord): Report[] {
  if (isStored(file)) {
    return [
      { file: id, event: "processing", progress: PROGRESS.processing },
      { file: id, event: "completed", findings: {} },
    ];
  }
  return file.upload === undefined ? [] : [{ file: id, event: "interrupted", upload: file.upload }];
}
