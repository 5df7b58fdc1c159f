export { type Admission } from "./batch/admission.ts";
export { type Answer } from "./batch/answers.ts";
export { Batch, type FileQuery, type NewBatch } from "./batch/batch.ts";
export { assemble } from "./batch/assemble.ts";
export { reportsOfAssembly } from "./batch/caretaker.ts";
export { type Report } from "./batch/file-record.ts";
export { type Assembly, type PartAdmission, type StoredPart } from "./batch/part-upload.ts";
export { type FileDetails, type SingleFileDetails } from "./batch/views.ts";
