export { type Generations, type TokenAccess } from "./batch/access.ts";
export { type ArchivedFiles, type FileRanges } from "./batch/archive.ts";
export { Batch } from "./batch/batch.ts";
export { completionEvents } from "./batch/completion.ts";
export { checkedEvents, checkingEvent, type DigestCheck } from "./batch/digest-check.ts";
export { type CreationResource } from "./batch/creation.ts";
export { type FileEvent } from "./batch/file.ts";
export {
  type BatchLimits,
  batchLimits,
  declarationError,
  countedAmount,
  declaredFiles,
  typeError,
} from "./batch/limits.ts";
export { type ReceiptLine, type ReceiptPage } from "./batch/receipt.ts";
export { type Refusal, type Result } from "./batch/refusals.ts";
export {
  type Admission,
  type BatchCall,
  type BatchMethod,
  BEFORE_ACCESS,
  type Declaration,
  type DoubtfulCompletion,
  type MultipartCompletion,
  type NewBatch,
  type NewFiles,
  type PartAdmission,
  type RecordedPart,
  type Reopening,
  type StoredPart,
} from "./batch/rpc.ts";
export { batchLinks } from "./batch/links.ts";
export {
  type BatchDetails,
  type FileDetails,
  type SingleFileDetails,
  type StoredFile,
} from "./batch/views.ts";
export { inJurisdiction } from "./jurisdiction.ts";
export { OwnerClient, type RecentBatch } from "./owner/client.ts";
export {
  type Amount,
  type BatchEvent,
  type BatchPosition,
  type QuotaDecision,
} from "./owner/messages.ts";
export { encodedName } from "./owner/names.ts";
export { Owner } from "./owner/owner.ts";
export { takeShared } from "./owner/shared-quota.ts";
export { type ReceiptKey } from "./receipt-keys.ts";
export { InvalidSetting, type Settings, settings } from "./settings.ts";
