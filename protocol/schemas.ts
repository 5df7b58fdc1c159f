import * as v from "valibot";
import {
  LIMITS,
  METADATA_BYTES,
  METADATA_DEPTH,
  NAME_CHARACTERS,
  PATH_CHARACTERS,
  TYPE_CHARACTERS,
} from "./limits.ts";
import type { FileDeclaration as DeclaredFile } from "./resources.ts";

// C0, DEL and C1: no file system's user typed these, and terminals and headers obey them.
// oxlint's no-control-regex is off for this line's purpose: see .oxlintrc.json.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/u;

/** No segment that climbs or that names nothing, whichever way the slashes lean. */
function hasPlainSegments(path: string): boolean {
  return path.split(/[/\\]/u).every((segment) => segment !== "." && segment !== "..");
}

function text(what: string, characters: number) {
  return v.pipe(
    v.string(`${what} must be a string.`),
    v.nonEmpty(`${what} must not be empty.`),
    v.maxLength(characters, `${what} must be at most ${characters} characters long.`),
    v.check((value) => value.isWellFormed(), `${what} must be well-formed Unicode.`),
    v.check((value) => !CONTROL.test(value), `${what} must not contain control characters.`),
  );
}

function pathText(what: string, characters: number) {
  return v.pipe(
    text(what, characters),
    v.check(hasPlainSegments, `${what} must not contain "." or ".." as a segment.`),
  );
}

const MediaType = v.pipe(
  v.string("type must be a string."),
  v.maxLength(TYPE_CHARACTERS, `type must be at most ${TYPE_CHARACTERS} characters long.`),
  // Browsers send "" for what they do not know, and parameters now and then.
  v.regex(
    /^(?:[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?)?$/u,
    'type must be a media type such as "image/png".',
  ),
);

const Sha256 = v.pipe(
  v.string("sha256 must be a string."),
  v.regex(/^[0-9a-fA-F]{64}$/u, "sha256 must be 64 hexadecimal digits."),
  v.toLowerCase(),
);

/** One file as a client declares it. */
export const FileDeclaration = v.object(
  {
    name: pathText("name", NAME_CHARACTERS),
    size: v.pipe(
      v.number("size must be a number of bytes."),
      v.safeInteger("size must be a whole number of bytes."),
      v.minValue(0, "size must not be negative."),
    ),
    type: v.optional(MediaType),
    path: v.optional(pathText("path", PATH_CHARACTERS)),
    lastModified: v.optional(
      v.pipe(
        v.number("lastModified must be milliseconds since 1970."),
        v.finite("lastModified must be finite."),
      ),
    ),
    sha256: v.optional(Sha256),
  },
  "Each file must be an object with at least a name and a size.",
) satisfies v.GenericSchema<unknown, DeclaredFile>;
// Not `InferOutput`: the types of the published client must not need valibot.
export type FileDeclaration = DeclaredFile;

const Sealed = v.boolean("sealed must be true or false.");

/** Entries are checked one by one (see `FileDeclaration`), so that each error names its index. */
const Files = v.array(v.unknown(), "files must be an array.");

/** Looks no deeper than it has to. */
function hasLevels(value: unknown, most: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return most > 0 && Object.values(value).every((inner) => hasLevels(inner, most - 1));
}

const Metadata = v.pipe(
  // To a record a list is one, too.
  v.unknown(),
  v.check((value) => !Array.isArray(value), "metadata must be an object."),
  v.record(v.string(), v.unknown(), "metadata must be an object."),
  v.check(
    (value) => hasLevels(value, METADATA_DEPTH),
    `metadata must be at most ${METADATA_DEPTH} levels deep.`,
  ),
  v.check(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= METADATA_BYTES,
    `metadata must be at most ${METADATA_BYTES} bytes of JSON.`,
  ),
);

const BODY_IS_OBJECT = "The body must be a JSON object.";

/** `POST /v1/batches` */
export const CreateBatch = v.object(
  { files: v.optional(Files), metadata: v.optional(Metadata), sealed: v.optional(Sealed) },
  BODY_IS_OBJECT,
);

/** `POST /v1/batches/:batch/files` */
export const AddFiles = v.object(
  {
    files: Files,
    firstFile: v.optional(
      v.pipe(
        v.number("firstFile must be the id that the first of the files is to get."),
        v.safeInteger("firstFile must be a whole number."),
        v.minValue(0, "firstFile must not be negative."),
      ),
    ),
  },
  BODY_IS_OBJECT,
);

/** `PATCH /v1/batches/:batch` */
export const ChangeBatch = v.object(
  { sealed: v.literal(true, "sealed can only be set to true: a sealed batch stays sealed.") },
  BODY_IS_OBJECT,
);

/** `POST /v1/batches/:batch/retry`; without a body all failed files are meant. */
export const RetryFiles = v.object(
  {
    files: v.optional(
      v.pipe(
        Files,
        v.maxLength(LIMITS.files, `files must be at most ${LIMITS.files} file ids.`),
        v.array(v.pipe(v.number("files must be file ids."), v.safeInteger(), v.minValue(0))),
      ),
    ),
  },
  BODY_IS_OBJECT,
);
