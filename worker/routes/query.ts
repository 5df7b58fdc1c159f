import * as v from "valibot";
import {
  FILE_STATES,
  MAX_WAIT_SECONDS,
  OWNER_PAGE_BATCHES,
  PAGE_ROWS,
} from "../../protocol/index.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "../http/problem.ts";

function wholeNumber(name: string) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/u, `${name} must be a non-negative integer.`),
    // For generated clients, which write numbers into addresses themselves.
    v.metadata({ type: "integer", minimum: 0, pattern: undefined }),
    v.transform(Number),
  );
}

/** @param maximum the size of a page without `limit`, and of one with a larger `limit` */
function pageSize(maximum: number) {
  const size = v.pipe(
    wholeNumber("limit"),
    v.minValue(1, "limit must be at least 1."),
    v.transform((wanted) => Math.min(wanted, maximum)),
  );
  return v.pipe(v.optional(size, String(maximum)), v.metadata({ default: maximum, minimum: 1 }));
}

/** `?since=` of live events. */
export const SinceQuery = v.object({ since: v.optional(wholeNumber("since")) });

/** `?since=&wait=` of a batch's status. A longer wait than the maximum is shortened. */
export const WaitQuery = v.object({
  since: v.optional(wholeNumber("since")),
  wait: v.optional(
    v.pipe(
      wholeNumber("wait"),
      v.transform((seconds) => Math.min(seconds, MAX_WAIT_SECONDS)),
    ),
  ),
});

/** `?since=&state=&name=&path=&after=&limit=` of a batch's files. */
export const FilesQuery = v.object({
  since: v.optional(wholeNumber("since")),
  state: v.optional(v.picklist(FILE_STATES, `state must be one of ${FILE_STATES.join(", ")}.`)),
  name: v.optional(v.pipe(v.string(), v.normalize("NFC"))),
  path: v.optional(v.pipe(v.string(), v.normalize("NFC"))),
  after: v.optional(wholeNumber("after")),
  limit: pageSize(PAGE_ROWS),
});

/** `?after=&limit=` of an owner's batches. `after` is the time and the id of a batch, as in `next`. */
export const BatchesQuery = v.object({
  after: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,15}-[\w-]{1,64}$/u, "after must be the `next` of the previous page."),
      v.transform((after) => {
        const [time = ""] = after.split("-", 1);
        return { createdAt: Number(time), id: after.slice(time.length + 1) };
      }),
    ),
  ),
  limit: pageSize(OWNER_PAGE_BATCHES),
});

/** The same of any owner, with the name if it is not in the path. */
export const OwnerQuery = v.object({ ...BatchesQuery.entries, owner: v.optional(v.string()) });

/** A text such as "0,5-9". Returns the first and the last id of each range. */
const FileRanges = v.pipe(
  v.string(),
  v.metadata({ pattern: String.raw`^\d+(-\d+)?(,\d+(-\d+)?)*$` }),
  v.rawTransform(({ dataset, addIssue }) =>
    dataset.value.split(",").map((item): [number, number] => {
      const [, first = "", last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/u.exec(item) ?? [];
      if (first === "") addIssue({ message: malformedRange(item) });
      if (Number(first) > Number(last)) addIssue({ message: reversedRange(item) });
      return [Number(first), Number(last)];
    }),
  ),
);

function malformedRange(item: string): string {
  return `ids has the item ${JSON.stringify(item)}; list ids and ranges of ids, as in 0,5-9.`;
}

function reversedRange(item: string): string {
  return `ids has the range ${item}, which ends before it starts; put the lower id first.`;
}

/** `?ids=` of an archive. */
export const ArchiveQuery = v.object({ ids: v.optional(FileRanges) });

/** `?v=` of a contact sheet: its etag. */
export const SheetQuery = v.object({ v: v.optional(v.string()) });

/** `?digests=` of one file. */
export const DigestsQuery = v.object({
  digests: v.optional(v.picklist(["true", "false"], "digests must be true or false.")),
});

/**
 * Returns the file id in the path.
 *
 * @throws ProblemError `file_not_found` for an invalid id
 */
export function fileParam(c: AppContext): number {
  const text = c.req.param("file") ?? "";
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  throw new ProblemError("file_not_found", "The path has no valid file id; use a number from 0.");
}

/**
 * Returns the part number in the path.
 *
 * @throws ProblemError `part_not_found` for an invalid number
 */
export function partParam(c: AppContext): number {
  const text = c.req.param("part") ?? "";
  if (/^[1-9]\d{0,5}$/u.test(text)) return Number(text);
  throw new ProblemError(
    "part_not_found",
    "The path has no valid part number; use a number from 1.",
  );
}
