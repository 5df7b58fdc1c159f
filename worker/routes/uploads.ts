import { Hono } from "hono";
import type { BundleResponse } from "../../protocol/index.ts";
import type { Admission, Reopening } from "../../durable-objects/index.ts";
import { requireAccess } from "../auth/guard.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import { resolveCreator } from "../auth/owner.ts";
import { fileResource, singleFileResource } from "../batches/links.ts";
import { reopenBatch } from "../batches/reopening.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { requireOneRequest } from "../http/body-checks.ts";
import { ProblemError } from "../http/problem.ts";
import { type BundleForm, uploadBundle } from "../upload/bundle.ts";
import { sentDigest } from "../upload/digest-fields.ts";
import type { UploadKind } from "../upload/events.ts";
import { type SingleBody, uploadFile } from "../upload/file.ts";
import { uploadForm } from "../upload/form.ts";
import { FAILED_FILES } from "../http/failed-files.ts";
import { partNotFound, uploadPart } from "../upload/part.ts";
import { Upload } from "../upload/upload.ts";
import { fileParam, partParam } from "./query.ts";

/** Routes that receive the content of files. */
export const uploads = new Hono<AppEnv>()
  .post("/batches/:batch/bundle", requireAccess("write", "uploads"), async (c) => {
    const upload = createUpload(c, c.var.batch, "file");
    const reopen = (reopening: Reopening) => reopenBatch(c.env, reopening);
    const bundle = uploadBundle(upload, incomingForm(c), reopen);
    const { rev, files } = await finishAfterDisconnect(c, bundle);
    const failed = files.filter((file) => "error" in file);
    const response: BundleResponse = {
      rev,
      files: files.map((result) =>
        "state" in result ? fileResource(c, c.var.batch.id, result) : result,
      ),
    };
    return c.json(response, 200, { [FAILED_FILES]: String(failed.length) });
  })

  .put("/batches/:batch/files/:file", requireAccess("write", "uploads"), async (c) => {
    const { batch } = c.var;
    const id = fileParam(c);
    const content = singleBody(c);
    const admission = await admitFile(batch, id);
    const isNeeded = isWanted(admission);
    if (isNeeded) requireOneRequest(c.env, admission.size);
    await reopenBatch(c.env, admission.reopening);
    const file = isNeeded
      ? finishAfterDisconnect(c, uploadFile(createUpload(c, batch, "file"), admission, content))
      : batch.file(id);
    return c.json(await singleFileResource(c, batch.id, await file));
  })

  .put("/batches/:batch/files/:file/parts/:part", requireAccess("write", "uploads"), async (c) => {
    const { batch } = c.var;
    const id = fileParam(c);
    const part = { number: partParam(c), ...singleBody(c) };
    const admission = await batch.admitPart(id, part.number);
    if (admission.bytes === 0) throw partNotFound(part.number);
    await reopenBatch(c.env, admission.file.reopening);
    const file = isWanted(admission.file)
      ? finishAfterDisconnect(c, uploadPart(createUpload(c, batch, "part"), admission, part))
      : batch.file(id);
    return c.json(await singleFileResource(c, batch.id, await file));
  })

  .post("/upload", async (c) => {
    const creator = await resolveCreator(c);
    const response = await finishAfterDisconnect(c, uploadForm(c, creator, incomingForm(c)));
    const failed = response.files.filter(({ state }) => state === "failed" || state === "queued");
    const headers = { Location: response.links.self, [FAILED_FILES]: String(failed.length) };
    return c.json(response, 201, headers);
  });

function createUpload(c: AppContext, batch: BatchClient, kind: UploadKind): Upload {
  return new Upload(c.env.BUCKET, batch, kind);
}

/** Keeps the Worker running until the received files are stored, even if the client disconnects. */
function finishAfterDisconnect<T>(c: AppContext, work: Promise<T>): Promise<T> {
  c.executionCtx.waitUntil(work.catch(() => undefined));
  return work;
}

async function admitFile(batch: BatchClient, id: number): Promise<Admission> {
  const [file] = (await batch.admit(id, 1)).files;
  if (file) return file;
  throw new ProblemError("file_not_found", `The batch has no file ${id}; declare the file first.`);
}

function incomingForm(c: AppContext): BundleForm {
  const type = c.req.header("Content-Type") ?? "";
  const { body } = c.var;
  return { type, length: body.length, body, memory: body.memory };
}

function singleBody(c: AppContext): SingleBody {
  return { body: c.var.body, digest: sentDigest((name) => c.req.header(name)) };
}

/**
 * Returns true if the file's content should be sent, and false if it is stored already.
 *
 * @throws ProblemError if the batch refuses the file
 */
function isWanted({ decision }: Admission): boolean {
  if (decision === "send" || decision === "have") return decision === "send";
  throw ProblemError.from(decision);
}
