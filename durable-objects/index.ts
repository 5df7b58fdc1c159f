export { type Admission } from "./batch/admission.ts";
export { type Answer } from "./batch/answers.ts";
export { Batch, type FileQuery, type NewBatch } from "./batch/batch.ts";
export { type Report } from "./batch/file-record.ts";
export { type FileDetails } from "./batch/views.ts";
