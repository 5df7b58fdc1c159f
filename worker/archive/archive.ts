import type { ArchivedFiles, FileRanges } from "../../durable-objects/index.ts";
import { safeName } from "../../storage/keys.ts";
import { ObjectReplaced } from "../../storage/objects.ts";
import type { BatchClient } from "../batches/batch-client.ts";
import type { AppContext } from "../context.ts";
import { attachmentHeaders, contentRange, preconditionFailed } from "../download/attachment.ts";
import { failedCondition, isRangeCurrent } from "../download/conditions.ts";
import { parseRange } from "../download/range.ts";
import { sha256Hex } from "../upload/digest.ts";
import { archiveStream } from "./archive-stream.ts";
import { entryNames } from "./entry-names.ts";
import { ArchiveLayout } from "./layout.ts";
import { findMissingCrc32s } from "./missing-crc32s.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { ZipEntry } from "./zip.ts";

/** Raise it whenever the same files make another archive: clients resume by its ETag. */
const FORMAT = 1;
/** Characters of the id in the name of an archive whose batch has none. */
const ID_CHARACTERS = 8;

/**
 * Returns the completed files of a batch as a ZIP, or a range of it.
 *
 * @param ranges ids of the files; null for all
 * @throws ProblemError `file_not_found`, `too_many_files`, `range_not_satisfiable`, `precondition_failed`,
 *   `busy`
 */
export async function archive(c: AppContext, ranges: FileRanges): Promise<Response> {
  const { batch } = c.var;
  const bucket = c.env.BUCKET;
  const files = await batch.archive(ranges);
  await findMissingCrc32s({ bucket, batch, files });
  const entries = entriesOf(files);
  const layout = new ArchiveLayout(entries);
  const etag = await etagOf(entries, files);
  const headers = headersOf(files, batch.id, etag);
  const status = failedCondition(c.req.raw.headers, { etag });
  if (status === 412) throw preconditionFailed("archive", headers);
  if (status !== null) return new Response(null, { status, headers });
  if (c.req.method !== "HEAD") return contentOf(c, { files, layout, headers, etag });
  headers.set("Content-Length", String(layout.size));
  return new Response(null, { headers });
}

interface Archive {
  files: ArchivedFiles;
  layout: ArchiveLayout;
  headers: Headers;
  etag: string;
}

function contentOf(c: AppContext, { files, layout, headers, etag }: Archive): Response {
  const request = c.req.raw.headers;
  const asked = isRangeCurrent(request, { etag }) ? request.get("Range") : null;
  const range = parseRange(asked, layout.size);
  const sent = range ?? { offset: 0, length: layout.size };
  const objectOf = (entry: number) => {
    return { key: files.keys[entry] ?? "", etag: files.etags[entry] ?? "" };
  };
  const reading = new ReadAhead({ bucket: c.env.BUCKET, objectOf }, layout.pieces(sent));
  const body = archiveStream(reading.contents(), sent.length, async (error) => {
    console.error(JSON.stringify({ requestId: c.var.requestId, error: String(error) }));
    if (error instanceof ObjectReplaced) await reportReplaced(c.var.batch, files, error.key);
  });
  if (!range) return new Response(body, { headers });
  headers.set("Content-Range", contentRange(range, layout.size));
  return new Response(body, { status: 206, headers });
}

/** The next request reads the object that R2 has: otherwise, every archive would break off there. */
async function reportReplaced(
  batch: BatchClient,
  { ids, keys, etags }: ArchivedFiles,
  key: string,
): Promise<void> {
  const index = keys.indexOf(key);
  const [file = 0, etag = ""] = [ids[index], etags[index]];
  await batch.applyEvents([{ event: "crc32Lost", file, etag }]);
}

function entriesOf({ paths, sizes, crc32s, modified }: ArchivedFiles): ZipEntry[] {
  return entryNames(paths).map((name, index) => ({
    name,
    size: sizes[index] ?? 0,
    crc32: crc32s[index] ?? 0,
    modified: modified[index] ?? 0,
  }));
}

/** R2's etags tell apart contents of the same CRC-32. */
async function etagOf(entries: readonly ZipEntry[], { etags }: ArchivedFiles): Promise<string> {
  const columns = entries.map(({ name, size, crc32, modified }) => [name, size, crc32, modified]);
  const text = JSON.stringify([FORMAT, columns, etags]);
  return `"${await sha256Hex(new TextEncoder().encode(text))}"`;
}

function headersOf({ name }: ArchivedFiles, batch: string, etag: string): Headers {
  const stem = name === null ? `batch-${batch.slice(0, ID_CHARACTERS)}` : safeName(name);
  const filename = /\.zip$/iu.test(stem) ? stem : `${stem}.zip`;
  return attachmentHeaders({ name: filename, type: "application/zip", etag });
}
