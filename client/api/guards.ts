import type {
  AccessInfo,
  BatchList,
  BatchResource,
  BundleResponse,
  CreatedBatch,
  DeclaredFiles,
  FilePage,
  FileResource,
  Frame,
  NewTokens,
  Receipt,
  ReceiptFile,
  Row,
  SingleFileResource,
} from "../../protocol/index.ts";

/** True if a parsed body has the fields that this client uses. */
export type Guard<Body> = (value: unknown) => value is Body;

// These guards recognize a captive portal's page and frames of a newer protocol. They check only the
// fields that the client uses: more would reject what a newer server adds or leaves out.
/** The type that a field must have (and not be null), or a check of its own. */
type Field = "number" | "string" | "boolean" | "object" | Check;
type Fields = Readonly<Record<string, Field>>;
type Check = (value: unknown) => boolean;

function has(value: unknown, fields: Fields): value is object {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(fields).every(([name, field]) => {
    const found: unknown = Reflect.get(value, name);
    return typeof field === "function" ? field(found) : typeof found === field && found !== null;
  });
}

export function isCreatedBatch(value: unknown): value is CreatedBatch {
  const fields = { id: "string", rev: "number", tokens: "object", limits: "object" } as const;
  return has(value, { ...fields, firstFile: "number", count: "number" });
}

export function isLiveToken(value: unknown): value is { live: string } {
  return has(value, { live: "string" });
}

export function isNewTokens(value: unknown): value is NewTokens {
  return has(value, { expiresAt: "string", links: "object" });
}

/** True for the body of a 204, which has none. */
export function isNothing(value: unknown): value is undefined {
  return value === undefined;
}

export function isDeclaredFiles(value: unknown): value is DeclaredFiles {
  return has(value, { firstFile: "number", count: "number", rev: "number" });
}

export function isBatch(value: unknown): value is BatchResource {
  const fields = { id: "string", rev: "number", state: "string", sealed: "boolean" } as const;
  return has(value, { ...fields, percentComplete: "number", totals: "object" });
}

export function isBatchList(value: unknown): value is BatchList {
  return has(value, { batches: arrayOf(isListedBatch) });
}

export function isAccessInfo(value: unknown): value is AccessInfo {
  return has(value, { access: "string", limits: "object" });
}

function isListedBatch(value: unknown): boolean {
  const fields = { id: "string", createdAt: "string", state: "string", files: "number" } as const;
  return has(value, { ...fields, links: "object" });
}

export function isFile(value: unknown): value is FileResource {
  const fields = { id: "number", name: "string", size: "number", state: "string" } as const;
  return has(value, { ...fields, progress: "number", receivedBytes: "number" });
}

export function isSingleFile(value: unknown): value is SingleFileResource {
  return isFile(value) && has(value, { parts: isOptionalParts });
}

function isOptionalParts(value: unknown): boolean {
  return value === undefined || has(value, { count: "number", received: arrayOf(isCount) });
}

export function isReceiptFile(value: unknown): value is ReceiptFile {
  return has(value, { id: "number", path: "string", size: "number", state: "string" });
}

export function isReceipt(value: unknown): value is Receipt {
  return has(value, { batch: "string", rev: "number", files: "number", sha256: "string" });
}

export function isSignedReceipt(value: unknown): value is { receipt: object; jws: string } {
  return has(value, { receipt: "object", jws: "string" });
}

/** True for the header of a JWS (RFC 7515). */
export function isSignature(value: unknown): value is { alg: string; kid: string } {
  return has(value, { alg: "string", kid: "string" });
}

export function isFilePage(value: unknown): value is FilePage {
  return has(value, { rev: "number", files: arrayOf(isFile) });
}

export function isBundleResponse(value: unknown): value is BundleResponse {
  return has(value, { rev: "number", files: arrayOf(isResult) });
}

function isResult(value: unknown): boolean {
  return isFile(value) || has(value, { error: "object" });
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

const FRAMES: Readonly<Record<string, Fields>> = {
  snapshot: { more: "boolean", batch: isBatch, files: arrayOf(isRow) },
  uploadProgress: { totals: "object", percentComplete: "number", files: arrayOf(isRow) },
  batch: { batch: isBatch },
  uploadCompleted: { summary: "object" },
};

/** True if this is a frame that this client knows. Later versions of the protocol may add others. */
export function isFrame(value: unknown): value is Frame {
  if (!has(value, { event: "string", rev: "number" }) || !("event" in value)) return false;
  const event = String(value.event);
  return Object.hasOwn(FRAMES, event) && has(value, FRAMES[event] ?? {});
}

function arrayOf(is: Check): Check {
  return (value) => isList(value) && value.every(is);
}

/** Like `Array.isArray`, which would narrow to `any[]`. */
function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
