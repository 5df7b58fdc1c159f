import * as v from "valibot";
import {
  type AccessInfo,
  BATCH_STATES,
  type BatchLinks as Links,
  type BatchList as List,
  type BatchResource,
  type BundleResponse,
  type DeclaredFiles as Declared,
  FILE_STATES,
  type FileError as FileProblem,
  type FilePage as Page,
  type FileParts,
  type FileResource,
  type Frame as AnyFrame,
  type Limits as BatchLimits,
  LOCATION_HINTS,
  type NewTokens as Renewed,
  type OperatorOwner,
  type PlainUpload as Uploaded,
  type Problem as ProblemDetails,
  type ProblemCode,
  PROBLEMS,
  type Row as CompactFile,
  type SingleFileResource,
  type Summary as BatchSummary,
  type Tokens as BatchTokens,
  type Totals as BatchTotals,
  type WebhookStatus,
} from "../../protocol/index.ts";
import type { RepeatedBatch } from "../batches/create.ts";
import { about, Address, Count, FileId, Hex256, named, Percent, Rev, Time } from "./values.ts";

// Schemas of the responses, for the document only: the types of the published client must not need
// valibot. `satisfies` holds each schema to its type.

const FileState = v.picklist(FILE_STATES);
const BatchState = v.picklist(BATCH_STATES);

/** Clients meet codes of newer servers, so the document lists the codes without closing the list. */
const Code = v.pipe(
  v.custom<ProblemCode>((code) => typeof code === "string"),
  v.metadata({ type: "string", examples: Object.keys(PROBLEMS) }),
  v.description("Stable. An unknown code means what the response's status means."),
  v.metadata({ ref: "ProblemCode" }),
);

export const Problem = named(
  "Problem",
  "The body of every error (RFC 9457).",
  v.object({
    type: v.string(),
    title: v.string(),
    status: v.pipe(v.number(), v.integer()),
    code: Code,
    detail: about("One sentence that says what to do.", v.string()),
    requestId: v.exactOptional(about("Identifies the request in the server's log.", v.string())),
    errors: v.exactOptional(
      about(
        "Only with `invalid_files`: the error of each invalid entry.",
        v.array(v.object({ index: Count, detail: v.string() })),
      ),
    ),
  }),
) satisfies v.GenericSchema<unknown, ProblemDetails>;

export const FileError = named(
  "FileError",
  "The reason for which a file was not stored.",
  v.object({
    code: Code,
    detail: v.string(),
    retryable: about("True if the file may be sent again.", v.boolean()),
  }),
) satisfies v.GenericSchema<unknown, FileProblem>;

const Parts = named(
  "Parts",
  "The stored parts of a file that is sent in parts.",
  v.object({
    partBytes: about("Bytes of every part but the last.", Count),
    count: Count,
    received: about("Numbers (1, 2, 3, …) of the stored parts, ascending.", v.array(Count)),
    digest: v.exactOptional(
      about("Once all are stored: hex SHA-256 of the parts' SHA-256, in order.", Hex256),
    ),
    digests: v.exactOptional(
      about(
        "With `?digests=true`: the hex SHA-256 of each stored part.",
        v.record(v.string(), Hex256),
      ),
    ),
  }),
) satisfies v.GenericSchema<unknown, FileParts>;

const fileEntries = {
  id: FileId,
  name: v.string(),
  path: about("Folder and name as declared, or null.", v.nullable(v.string())),
  size: about("Bytes.", Count),
  type: about("The media type: detected from the first bytes, or as declared.", v.string()),
  lastModified: v.exactOptional(about("As declared: milliseconds since 1970.", v.number())),
  state: FileState,
  progress: about("Percent. 50 and above: the file is stored.", v.pipe(Percent, v.integer())),
  receivedBytes: Count,
  attempts: about("Number of uploads that were started.", Count),
  error: v.exactOptional(FileError),
  etag: v.exactOptional(about("R2's etag, once the file is stored.", v.string())),
  sha256: v.exactOptional(about("Hex, once it is known.", Hex256)),
  width: v.exactOptional(about("Of an image, in pixels.", Count)),
  height: v.exactOptional(Count),
  deletedAt: v.exactOptional(about("Time at which the stored file was deleted.", Time)),
  multipartExpiresAt: v.exactOptional(
    about("Time at which a file in parts starts over unless it is stored before.", Time),
  ),
  links: v.object({ self: Address, content: Address }),
};

const File = named("File", "A file of a batch.", v.object(fileEntries)) satisfies v.GenericSchema<
  unknown,
  FileResource
>;

export const SingleFile = named(
  "SingleFile",
  "A file, with its parts if it is sent in parts.",
  v.object({ ...fileEntries, parts: v.exactOptional(Parts) }),
) satisfies v.GenericSchema<unknown, SingleFileResource>;

export const FilePage = named(
  "FilePage",
  "A page of a batch's files.",
  v.object({
    rev: Rev,
    files: v.array(File),
    next: about("The `after` of the next page; null on the last page.", v.nullable(Count)),
  }),
) satisfies v.GenericSchema<unknown, Page>;

const Totals = named(
  "Totals",
  "The number of files in each state, and sums over all files.",
  v.object({
    files: Count,
    queued: Count,
    uploading: Count,
    processing: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
    bytes: Count,
    receivedBytes: Count,
  }),
) satisfies v.GenericSchema<unknown, BatchTotals>;

const Summary = named(
  "Summary",
  "The outcome of a completed batch.",
  v.object({
    files: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
    bytes: about("Bytes of the completed files.", Count),
    startedAt: Time,
    completedAt: Time,
    durationMs: Count,
    failures: about(
      "The first hundred failed files: id, name and code.",
      v.array(v.tuple([FileId, v.string(), Code])),
    ),
  }),
) satisfies v.GenericSchema<unknown, BatchSummary>;

const Metadata = about(
  "Data that the app stores with the batch.",
  v.record(v.string(), v.unknown()),
);

const Location = about(
  "The location hint that the batch was created with; null for where that request came in.",
  v.nullable(v.picklist(LOCATION_HINTS)),
);

const BatchLinks = named(
  "BatchLinks",
  "Addresses of a batch, with their origin.",
  v.object({
    self: Address,
    files: Address,
    live: about("Accepts a WebSocket. Its scheme is `http` or `https`.", Address),
    events: Address,
    bundle: Address,
    page: Address,
  }),
) satisfies v.GenericSchema<unknown, Links>;

const Limits = named(
  "Limits",
  "The limits of a batch.",
  v.object({
    files: Count,
    bytes: v.exactOptional(about("Of all files; absent for no limit.", Count)),
    fileBytes: Count,
    bodyBytes: about("Bytes of one request's body.", Count),
    bundleFiles: Count,
    bundleBytes: Count,
    partBytes: about("Bytes of every part of a file but the last.", Count),
    declareFiles: about("Files that one call declares.", Count),
    declareBytes: about("Bytes of JSON of such a call.", Count),
    keepDays: about(
      "Days from the end of the batch to the deletion of its files and records; null for no limit.",
      v.nullable(v.number()),
    ),
    types: v.exactOptional(about("Accepted media types; absent for all.", v.array(v.string()))),
    extensions: v.exactOptional(
      about("Accepted ends of names; absent for all.", v.array(v.string())),
    ),
  }),
) satisfies v.GenericSchema<unknown, BatchLimits>;

const Webhook = named(
  "Webhook",
  "The delivery of the event `batch.completed` to the operator's backend.",
  v.object({
    state: v.picklist(["pending", "delivered", "failed"]),
    attempts: Count,
    lastStatus: about("Of the last response; null if there was none.", v.nullable(Count)),
    nextAt: about("Time of the next attempt; null if there is none.", v.nullable(Time)),
  }),
) satisfies v.GenericSchema<unknown, WebhookStatus>;

const KeepUntil = about(
  "Time at which the files and records are deleted; null if they stay until someone deletes them.",
  v.nullable(Time),
);

export const Batch = named(
  "Batch",
  "A batch.",
  v.object({
    id: v.string(),
    rev: Rev,
    state: BatchState,
    sealed: about("True if no more files will be declared.", v.boolean()),
    createdAt: Time,
    updatedAt: Time,
    completedAt: v.nullable(Time),
    expiresAt: about(
      "Time at which an unfinished batch expires unless it changes before.",
      v.nullable(Time),
    ),
    keepUntil: v.exactOptional(KeepUntil),
    percentComplete: Percent,
    percentStored: v.exactOptional(
      about("The share of the bytes that is stored, without cancelled files.", Percent),
    ),
    totals: Totals,
    metadata: Metadata,
    location: Location,
    summary: v.exactOptional(Summary),
    webhook: v.exactOptional(Webhook),
    links: v.exactOptional(BatchLinks),
    limits: v.exactOptional(about("For a write token, and the operator.", Limits)),
    owner: v.exactOptional(about("The owner's name, only for the operator.", v.string())),
    sheets: v.exactOptional(
      about("The etags of the stored contact sheets, by number.", v.record(v.string(), v.string())),
    ),
    uploaderGone: v.exactOptional(
      about("Time since which no uploader has been connected; absent while one is.", Time),
    ),
    blocked: v.exactOptional(
      about("The operator has blocked the batch's owner: it accepts no files.", v.literal(true)),
    ),
  }),
) satisfies v.GenericSchema<unknown, BatchResource>;

const Tokens = named(
  "Tokens",
  "Tokens of a batch. Each is a credential.",
  v.object({
    write: about("Opens everything in the batch.", v.string()),
    read: about("Opens everything that changes nothing.", v.string()),
    live: about("The same, for an uploader's own live connections.", v.string()),
    owner: v.exactOptional(about("Identifies a new anonymous owner: keep it.", v.string())),
  }),
) satisfies v.GenericSchema<unknown, BatchTokens>;

export const CreatedBatch = named(
  "CreatedBatch",
  "A new batch.",
  v.object({
    id: v.string(),
    rev: Rev,
    state: BatchState,
    createdAt: Time,
    expiresAt: v.nullable(Time),
    keepUntil: KeepUntil,
    location: Location,
    tokens: v.exactOptional(about("Absent in late responses to a repeated call.", Tokens)),
    links: BatchLinks,
    limits: Limits,
    firstFile: Count,
    count: Count,
  }),
) satisfies v.GenericSchema<unknown, RepeatedBatch>;

export const DeclaredFiles = named(
  "DeclaredFiles",
  "The ids of the files that a call declared.",
  v.object({ firstFile: Count, count: Count, rev: Rev }),
) satisfies v.GenericSchema<unknown, Declared>;

const listEntries = {
  batches: v.array(
    v.object({
      id: v.string(),
      createdAt: Time,
      state: BatchState,
      files: about("Number of declared files.", Count),
      name: about(
        "`metadata.name`; null if that is not a text. A change takes a few seconds to appear here.",
        v.nullable(v.string()),
      ),
      links: BatchLinks,
    }),
  ),
  next: about("The `after` of the next page; null on the last page.", v.nullable(v.string())),
};

export const BatchList = named(
  "BatchList",
  "A page of an owner's batches, latest first.",
  v.object(listEntries),
) satisfies v.GenericSchema<unknown, List>;

export const Owner = named(
  "Owner",
  "An owner and a page of their batches, as the operator sees them.",
  v.object({
    owner: about("The `sub` of their grants, or an anonymous owner's name.", v.string()),
    blocked: about("True if the owner can't create batches or upload to them.", v.boolean()),
    ...listEntries,
  }),
) satisfies v.GenericSchema<unknown, OperatorOwner>;

export const NewTokens = named(
  "NewTokens",
  "New tokens of a batch.",
  v.object({
    write: v.exactOptional(v.string()),
    read: v.exactOptional(v.string()),
    live: v.exactOptional(v.string()),
    expiresAt: about("Time at which the first of them expires.", Time),
    links: v.object({ page: Address }),
  }),
) satisfies v.GenericSchema<unknown, Renewed>;

export const Access = named(
  "Access",
  "The conditions for a new batch.",
  v.object({
    access: about('With "grant", only a grant creates batches.', v.picklist(["open", "grant"])),
    limits: Limits,
    contact: v.exactOptional(about("The operator's address for reports.", v.string())),
  }),
) satisfies v.GenericSchema<unknown, AccessInfo>;

const Row = named(
  "Row",
  "A file in short: its id, state, progress, received bytes and error code.",
  v.tuple([FileId, FileState, Percent, Count, v.nullable(Code)]),
) satisfies v.GenericSchema<unknown, CompactFile>;

const frameEntries = { rev: Rev, files: about("The changed files, in order.", v.array(Row)) };

export const Frame = named(
  "Frame",
  "A live event. `event` is its name.",
  v.union([
    v.object({
      event: v.literal("snapshot"),
      ...frameEntries,
      batch: Batch,
      more: about("True if the next frame continues this snapshot.", v.boolean()),
    }),
    v.object({
      event: v.literal("uploadProgress"),
      ...frameEntries,
      totals: Totals,
      percentComplete: Percent,
      percentStored: v.exactOptional(Percent),
    }),
    v.object({ event: v.literal("batch"), rev: Rev, batch: Batch }),
    v.object({
      event: v.literal("uploadCompleted"),
      rev: Rev,
      summary: Summary,
      keepUntil: v.exactOptional(Time),
    }),
  ]),
) satisfies v.GenericSchema<unknown, AnyFrame>;

export const BundleResults = named(
  "BundleResults",
  "The result of each part of a bundle, in order.",
  v.object({
    rev: Rev,
    files: v.array(
      v.union([File, v.object({ id: v.union([Count, v.string()]), error: FileError })]),
    ),
  }),
) satisfies v.GenericSchema<unknown, BundleResponse>;

export const PlainUpload = named(
  "PlainUpload",
  "The batch that a form has created.",
  v.object({
    batch: Batch,
    tokens: Tokens,
    links: BatchLinks,
    files: v.array(File),
    ignored: about(
      "The parts that are no files, in order.",
      v.array(v.object({ name: v.string(), reason: v.string() })),
    ),
  }),
) satisfies v.GenericSchema<unknown, Uploaded>;

export const Health = named(
  "Health",
  "The server is up.",
  v.object({ ok: v.literal(true), version: v.string() }),
);
