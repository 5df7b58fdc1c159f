export { type Admission } from "./batch/admission.ts";
export { type Answer } from "./batch/refusals.ts";
export { Batch } from "./batch/batch.ts";
export { assemble, isUploadGone } from "../storage/multipart.ts";
export { reportsOfAssembly } from "./batch/cleanup.ts";
export { declaredFiles, refusalOf, typeRefusal } from "./batch/file-limits.ts";
export { type Report } from "./batch/file.ts";
export { type BatchMethod } from "./batch/rpc.ts";
export {
  type Assembly,
  type PartAdmission,
  type PartReceipt,
  type StoredPart,
} from "./batch/parts.ts";
export { type FileQuery, type NewBatch, type NewFiles } from "./batch/requests.ts";
export { folderOf, plainType, type Terms, termsOf } from "./batch/limits.ts";
export { type FileDetails, type SingleFileDetails, type StoredFile } from "./batch/views.ts";
export { limitOf } from "./limit.ts";
export { type BatchNews, Owner, OwnerClient, type Verdict } from "./owner/index.ts";
