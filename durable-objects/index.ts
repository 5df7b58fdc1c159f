export { type Admission } from "./batch/admission.ts";
export { type Answer } from "./batch/answers.ts";
export { Batch } from "./batch/batch.ts";
export { assemble, isUploadGone } from "./batch/assemble.ts";
export { reportsOfAssembly } from "./batch/caretaker.ts";
export { declaredFiles, refusalOf, typeRefusal } from "./batch/file-limits.ts";
export { type Report } from "./batch/file-record.ts";
export { type BatchMethod } from "./batch/methods.ts";
export {
  type Assembly,
  type PartAdmission,
  type PartReceipt,
  type StoredPart,
} from "./batch/part-upload.ts";
export { type FileQuery, type NewBatch, type NewFiles } from "./batch/requests.ts";
export { folderOf, plainType, type Terms, termsOf } from "./batch/terms.ts";
export { type FileDetails, type SingleFileDetails, type StoredFile } from "./batch/views.ts";
export { limitOf } from "./limit.ts";
export { type BatchNews, Owner, OwnerClient, type Verdict } from "./owner/index.ts";
