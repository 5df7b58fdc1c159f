import type {
  BatchList,
  BatchResource,
  BundleReceipt,
  CreatedBatch,
  DeclaredFiles,
  FilePage,
  FileResource,
  Frame,
  Row,
  SingleFileResource,
} from "../protocol/index.ts";

/** Is this an answer of the kind that was asked for? */
export type Shape<Answer> = (value: unknown) => value is Answer;

// What is checked is what this client leans on. A hotel's log-in page in place of an answer, or a
// frame of a newer protocol, is told apart; fields are not checked twice for their own sake.
type Kind = "number" | "string" | "boolean" | "object";

function has(value: unknown, kinds: Readonly<Record<string, Kind>>): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(kinds).every(([name, kind]) => {
    const field: unknown = Reflect.get(value, name);
    return typeof field === kind && field !== null;
  });
}

export function isCreatedBatch(value: unknown): value is CreatedBatch {
  const kinds = { id: "string", rev: "number", tokens: "object", limits: "object" } as const;
  return has(value, { ...kinds, firstFile: "number", count: "number" });
}

export function isDeclaredFiles(value: unknown): value is DeclaredFiles {
  return has(value, { firstFile: "number", count: "number", rev: "number" });
}

export function isBatch(value: unknown): value is BatchResource {
  const kinds = { id: "string", rev: "number", state: "string", sealed: "boolean" } as const;
  return has(value, { ...kinds, percentComplete: "number", totals: "object" });
}

export function isBatchList(value: unknown): value is BatchList {
  if (typeof value !== "object" || value === null || !("batches" in value)) return false;
  const kinds = { id: "string", createdAt: "string", state: "string", files: "number" } as const;
  return isArrayOf(value.batches, (batch) => has(batch, { ...kinds, links: "object" }));
}

export function isFile(value: unknown): value is FileResource {
  const kinds = { id: "number", name: "string", size: "number", state: "string" } as const;
  return has(value, { ...kinds, progress: "number", receivedBytes: "number" });
}

export function isSingleFile(value: unknown): value is SingleFileResource {
  if (!isFile(value)) return false;
  const parts: unknown = Reflect.get(value, "parts");
  return parts === undefined || (has(parts, { count: "number" }) && hasReceived(parts));
}

function hasReceived(parts: object): boolean {
  return "received" in parts && isArrayOf(parts.received, isCount);
}

export function isFilePage(value: unknown): value is FilePage {
  return has(value, { rev: "number" }) && "files" in value && isArrayOf(value.files, isFile);
}

export function isReceipt(value: unknown): value is BundleReceipt {
  return (
    has(value, { rev: "number" }) &&
    "files" in value &&
    isArrayOf(value.files, (result) => isRow(result) || has(result, { error: "object" }))
  );
}

function isRow(value: unknown): value is Row {
  if (!isList(value)) return false;
  const [id, state, progress, receivedBytes] = value;
  const numbers = [id, progress, receivedBytes];
  return numbers.every(isCount) && typeof state === "string";
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

const FRAME_SHAPES: Readonly<Record<string, (value: object) => boolean>> = {
  snapshot: (value) =>
    has(value, { more: "boolean" }) && "batch" in value && isBatch(value.batch) && hasRows(value),
  uploadProgress: (value) =>
    has(value, { totals: "object", percentComplete: "number" }) && hasRows(value),
  batch: (value) => "batch" in value && isBatch(value.batch),
  uploadCompleted: (value) => has(value, { summary: "object" }),
};

/** Is this a frame that this client knows? Others may come with later versions of the protocol. */
export function isFrame(value: unknown): value is Frame {
  if (!has(value, { event: "string", rev: "number" }) || !("event" in value)) return false;
  const event = String(value.event);
  return Object.hasOwn(FRAME_SHAPES, event) && FRAME_SHAPES[event]?.(value) === true;
}

function hasRows(value: object): boolean {
  return "files" in value && isArrayOf(value.files, isRow);
}

function isArrayOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return isList(value) && value.every(is);
}

/** `Array.isArray` answers `any[]`. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
