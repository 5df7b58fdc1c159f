import { Hono } from "hono";
import { type FileResource, PAGE_ROWS, type PlainUpload } from "../../protocol/index.ts";
import { type Admission, batchLimits } from "../../durable-objects/index.ts";
import { batchFolder } from "../../storage/keys.ts";
import { requireAccess } from "../auth/guard.ts";
import { limitCreation, limitUploads } from "../auth/rate-limit.ts";
import { type BatchClient, batchClient } from "../batches/batch-client.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { createBatch, resolveCreator } from "../batches/create.ts";
import { ProblemError } from "../http/problem.ts";
import { bodyLength } from "../http/request-body.ts";
import { receiveBundle } from "../upload/bundle.ts";
import { parseContentDigest } from "../upload/digest.ts";
import type { IncomingForm } from "../multipart/parser.ts";
import { partNotFound, receivePart } from "../upload/part.ts";
import { receiveForm } from "../upload/form.ts";
import type { UploadContext } from "../upload/upload.ts";
import { UploadEvents } from "../upload/events.ts";
import { receiveSingleFile } from "../upload/file.ts";
import { fileResource } from "../batches/links.ts";
import { fileParam, partParam } from "./query.ts";

/** Whatever brings bytes. */
export const uploads = new Hono<AppEnv>()
  .post("/batches/:batch/bundle", requireAccess("write"), limitUploads, async (c) => {
    const receipt = receiveBundle(startUpload(c, c.var.batch), incomingForm(c));
    return c.json(await finishAfterDisconnect(c, receipt));
  })

  .put("/batches/:batch/files/:file", requireAccess("write"), limitUploads, async (c) => {
    const id = fileParam(c);
    const single = singleBody(c);
    const file = await admitFile(c.var.batch, id);
    if (isWanted(file)) {
      const received = receiveSingleFile(startUpload(c, c.var.batch), file, single);
      await finishAfterDisconnect(c, received);
    }
    return c.json(fileResource(c.var.batch.id, await c.var.batch.file(id)));
  })

  .put(
    "/batches/:batch/files/:file/parts/:part",
    requireAccess("write"),
    limitUploads,
    async (c) => {
      const id = fileParam(c);
      const part = { number: partParam(c), ...singleBody(c) };
      const admission = await c.var.batch.admitPart(id, part.number);
      if (admission.bytes === 0) throw partNotFound(part.number);
      const file = isWanted(admission.file)
        ? finishAfterDisconnect(
            c,
            receivePart(startUpload(c, c.var.batch, "part"), admission, part),
          )
        : c.var.batch.file(id);
      return c.json(fileResource(c.var.batch.id, await file));
    },
  )

  .post("/upload", limitCreation, async (c) => {
    const creator = await resolveCreator(c);
    const created = await createBatch(c, creator, { metadata: {}, files: [], sealed: false });
    const { id } = created;
    const grantLimits = creator.grantLimits ?? {};
    const place = {
      folder: batchFolder(id, grantLimits.prefix),
      limits: batchLimits(c.env, grantLimits),
    };
    const batch = batchClient(c.env, id, c.var.batchCalls);
    const intake = startUpload(c, batch);
    await finishAfterDisconnect(c, receiveForm(intake, place, incomingForm(c)));
    const { tokens, links } = created;
    const files = await allFiles(batch);
    const answer: PlainUpload = { batch: await batch.status(), tokens, links, files };
    return c.json(answer, 201, { Location: links.self });
  });

function startUpload(
  c: AppContext,
  batch: BatchClient,
  brings: "file" | "part" = "file",
): UploadContext {
  const upload = crypto.randomUUID();
  const reporter = new UploadEvents(batch, brings);
  return { bucket: c.env.BUCKET, batch, upload, reporter, begun: new Set() };
}

/** What has arrived is stored and tallied, though the client leaves before it is answered. */
function finishAfterDisconnect<T>(c: AppContext, work: Promise<T>): Promise<T> {
  c.executionCtx.waitUntil(work.catch(() => undefined));
  return work;
}

async function admitFile(batch: BatchClient, id: number): Promise<Admission> {
  const [file] = (await batch.admit(id, 1)).files;
  if (file) return file;
  throw new ProblemError("file_not_found", `Declare the file first: the batch has no file ${id}.`);
}

function incomingForm(c: AppContext): IncomingForm {
  const type = c.req.header("Content-Type") ?? "";
  return { type, length: bodyLength(c.req.raw), body: c.var.body };
}

/** The request's body as one piece of which length and maybe digest are said. */
function singleBody(c: AppContext) {
  const length = bodyLength(c.req.raw);
  const digest = parseContentDigest(c.req.header("Content-Digest") ?? null);
  const { body } = c.var;
  if (length !== null) return { body, length: c.req.raw.body ? length : 0, digest };
  throw new ProblemError("length_required", "Send a Content-Length with the number of bytes.");
}

/** Is the file still to be sent? What is stored already needs no sending, but is no mistake. */
function isWanted({ decision }: Admission): boolean {
  if (decision === "send" || decision === "have") return decision === "send";
  throw ProblemError.from(decision);
}

async function allFiles(batch: BatchClient): Promise<FileResource[]> {
  const all: FileResource[] = [];
  for (let after: number | null = -1; after !== null;) {
    const page = await batch.list({ since: null, state: null, after, limit: PAGE_ROWS });
    all.push(...page.files.map((file) => fileResource(batch.id, file)));
    after = page.next;
  }
  return all;
}
