export { type Admission } from "./batch/admission.ts";
export { type Result } from "./batch/refusals.ts";
export { Batch } from "./batch/batch.ts";
export { completionEvents } from "./batch/cleanup.ts";
export { declaredFiles, declarationError, typeError } from "./batch/file-limits.ts";
export { type FileEvent } from "./batch/file.ts";
export { type BatchMethod } from "./batch/rpc.ts";
export {
  type MultipartCompletion,
  type PartAdmission,
  type RecordedPart,
  type StoredPart,
} from "./batch/parts.ts";
export { type NewBatch } from "./batch/requests.ts";
export { essence, type BatchLimits, batchLimits } from "./batch/limits.ts";
export { type FileDetails, type SingleFileDetails, type StoredFile } from "./batch/views.ts";
export { InvalidSetting, type Settings, settings } from "./settings.ts";
export { type BatchEvent, Owner, OwnerClient, type QuotaDecision } from "./owner/index.ts";
