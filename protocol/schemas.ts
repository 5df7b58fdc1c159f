import * as v from "valibot";
import {
  BATCH_NAME_CHARACTERS,
  GRANT_MAX_EXTENSIONS,
  GRANT_MAX_TYPES,
  KEEP_MAX_DAYS,
  LIMITS,
  METADATA_BYTES,
  METADATA_DEPTH,
  NAME_CHARACTERS,
  PATH_CHARACTERS,
  PREFIX_CHARACTERS,
  TOKEN_MAX_SECONDS,
  TYPE_CHARACTERS,
} from "./limits.ts";
import { LOCATION_HINTS } from "./locations.ts";
import type { FileDeclaration as DeclaredFile } from "./resources.ts";
import {
  hasControlCharacters,
  hasDotSegments,
  isParameterizedType,
  isTypePattern,
  isWellFormed,
} from "./text.ts";

function text(what: string, characters: number) {
  return v.pipe(
    v.string(`${what} must be a string.`),
    v.nonEmpty(`${what} must not be empty.`),
    v.maxLength(characters, `${what} must be at most ${characters} characters long.`),
    v.check(isWellFormed, `${what} must be well-formed Unicode.`),
    v.check(
      (value) => !hasControlCharacters(value),
      `${what} must not contain control characters.`,
    ),
  );
}

function pathText(what: string, characters: number) {
  return v.pipe(
    text(what, characters),
    v.check(
      (value) => !hasDotSegments(value),
      `${what} must not contain "." or ".." as a segment.`,
    ),
  );
}

/** A media type with parameters, or "", which browsers send for a type that they don't know. */
const MediaType = v.pipe(
  v.string("type must be a string."),
  v.maxLength(TYPE_CHARACTERS, `type must be at most ${TYPE_CHARACTERS} characters long.`),
  v.check(
    (type) => type === "" || isParameterizedType(type),
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
    replaces: v.optional(count("replaces", 0)),
  },
  "Each file must be an object with at least a name and a size.",
) satisfies v.GenericSchema<unknown, DeclaredFile>;
// Not `InferOutput`: the types of the published client must not need valibot.
export type FileDeclaration = DeclaredFile;

const Sealed = v.boolean("sealed must be true or false.");

/** `FileDeclaration` validates each entry on its own, so that errors have the entry's index. */
const Files = v.array(v.unknown(), "files must be an array.");

/** True if a value is nested at most `depth` levels deep. Stops at the first deeper one. */
function isNestedUpTo(depth: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isNestedUpTo(depth - 1, inner));
}

/** True for the key that sets the prototype of an object to which it is copied. */
function hasProtoKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProtoKey);
}

const MetadataObject = v.pipe(
  // `record` accepts arrays, and drops the keys "constructor" and "prototype".
  v.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "metadata must be an object.",
  ),
  v.check(
    (value) => isNestedUpTo(METADATA_DEPTH, value),
    `metadata must be at most ${METADATA_DEPTH} levels deep.`,
  ),
  v.check((value) => !hasProtoKey(value), 'metadata must not have the key "__proto__".'),
  v.metadata({ type: "object", additionalProperties: {} }),
);

/** The metadata of a batch. Its name is `name`, if that is a text. */
export const BatchMetadata = v.pipe(
  MetadataObject,
  v.check(
    ({ name }) => typeof name !== "string" || name.length <= BATCH_NAME_CHARACTERS,
    `metadata.name must be at most ${BATCH_NAME_CHARACTERS} characters long.`,
  ),
  v.check(
    (value) => new TextEncoder().encode(JSON.stringify(value)).length <= METADATA_BYTES,
    `metadata must be at most ${METADATA_BYTES} bytes of JSON.`,
  ),
);

const Location = v.picklist(
  LOCATION_HINTS,
  `location must be one of ${LOCATION_HINTS.join(", ")}.`,
);

/** Days from the end of a batch to the deletion of its files and records. */
const KeepDays = v.pipe(
  count("keepDays", 1),
  v.maxValue(KEEP_MAX_DAYS, `keepDays must be at most ${KEEP_MAX_DAYS}.`),
);

const BODY_IS_OBJECT = "The body must be a JSON object.";

/** `POST /v1/batches` */
export const CreateBatch = v.object(
  {
    files: v.optional(Files),
    metadata: v.optional(BatchMetadata),
    sealed: v.optional(Sealed),
    location: v.optional(Location),
    keepDays: v.optional(KeepDays),
  },
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

/**
 * `PATCH /v1/batches/:batch`. `metadata` is a JSON Merge Patch, which may be larger than the result. Other
 * fields are refused, because they would seem to be changed.
 */
export const ChangeBatch = v.pipe(
  v.strictObject(
    {
      sealed: v.optional(
        v.literal(true, "sealed can only be set to true: a sealed batch stays sealed."),
      ),
      metadata: v.optional(MetadataObject),
    },
    ({ path }) =>
      path ? `${String(path[0].key)} can't be changed; send sealed or metadata.` : BODY_IS_OBJECT,
  ),
  v.check(
    ({ sealed, metadata }) => sealed !== undefined || metadata !== undefined,
    "The body changes nothing; send sealed or metadata.",
  ),
);
export type ChangeBatch = v.InferOutput<typeof ChangeBatch>;

const FileIds = v.pipe(
  Files,
  v.maxLength(LIMITS.files, `files must be at most ${LIMITS.files} file ids.`),
  v.array(v.pipe(v.number("files must be file ids."), v.safeInteger(), v.minValue(0))),
);

/** `PUT /v1/operator/owners/:owner`. */
export const BlockOwner = v.object(
  { blocked: v.boolean("blocked must be true or false.") },
  BODY_IS_OBJECT,
);

/** `POST /v1/batches/:batch/retry`; without `files` all failed files are retried. */
export const RetryFiles = v.object({ files: v.optional(FileIds) }, BODY_IS_OBJECT);

/**
 * `POST /v1/batches/:batch/cancel`; without `files` the batch is cancelled. Other fields are refused: a
 * misspelt `files` would cancel the batch.
 */
export const CancelFiles = v.strictObject(
  {
    files: v.optional(
      v.union(
        [v.literal("unfinished"), FileIds],
        'files must be a list of file ids, or "unfinished" for all that are not settled.',
      ),
    ),
  },
  ({ path }) =>
    path
      ? `${String(path[0].key)} is unknown; send files, or no body to cancel the batch.`
      : BODY_IS_OBJECT,
);

function count(what: string, minimum: number) {
  const detail = `${what} must be a whole number of at least ${minimum}.`;
  return v.pipe(v.number(detail), v.safeInteger(detail), v.minValue(minimum, detail));
}

const TOKEN_SCOPES = ["read", "write", "live"] as const;

function scopes<const Scope extends string>(what: string, all: readonly Scope[]) {
  const detail = `${what} must be a list of ${all.join(", ")}.`;
  return v.pipe(v.array(v.picklist(all, detail), detail), v.maxLength(all.length, detail));
}

/** `POST /v1/batches/:batch/tokens` */
export const RenewTokens = v.object(
  {
    scopes: v.optional(
      v.pipe(
        scopes("scopes", TOKEN_SCOPES),
        v.minLength(1, "scopes must name at least one scope."),
      ),
    ),
    expiresIn: v.optional(
      v.pipe(
        count("expiresIn", 1),
        v.maxValue(TOKEN_MAX_SECONDS, `expiresIn must be at most ${TOKEN_MAX_SECONDS} seconds.`),
      ),
    ),
    revoke: v.optional(scopes("revoke", ["read", "write"]), []),
  },
  BODY_IS_OBJECT,
);
export type RenewTokens = v.InferOutput<typeof RenewTokens>;

const TypePattern = v.pipe(
  v.string("types must be strings."),
  v.maxLength(TYPE_CHARACTERS, `types must be at most ${TYPE_CHARACTERS} characters long.`),
  v.check(
    isTypePattern,
    'types must be media types such as "image/png", or "image/*" for all of a kind.',
  ),
  v.toLowerCase(),
);

const TypePatterns = v.pipe(
  v.array(TypePattern, "types must be an array."),
  v.minLength(1, "types must name at least one type."),
  v.maxLength(GRANT_MAX_TYPES, `types must name at most ${GRANT_MAX_TYPES} types.`),
);

const Extension = v.pipe(
  v.string("extensions must be strings."),
  v.regex(
    /^\.?[\w+-]{1,32}(?:\.[\w+-]{1,32})?$/u,
    'extensions must be the end of a name, such as "png" or ".tar.gz".',
  ),
  v.transform((extension) => extension.toLowerCase().replace(/^\./u, "")),
);

const Extensions = v.pipe(
  v.array(Extension, "extensions must be an array."),
  v.minLength(1, "extensions must name at least one extension."),
  v.maxLength(
    GRANT_MAX_EXTENSIONS,
    `extensions must name at most ${GRANT_MAX_EXTENSIONS} extensions.`,
  ),
);

const WrongTypes = v.picklist(
  ["accept", "correct", "refuse"],
  'wrongTypes must be "accept", "correct" or "refuse".',
);
/** The policy for files whose bytes contradict their declared type. */
export type WrongTypes = v.InferOutput<typeof WrongTypes>;

const Prefix = v.pipe(
  v.string("prefix must be a string."),
  v.maxLength(PREFIX_CHARACTERS, `prefix must be at most ${PREFIX_CHARACTERS} characters long.`),
  v.regex(
    /^(?:[\w-][\w.-]*\/)*$/u,
    'prefix must be folders of letters, digits, ".", "_" and "-", with a slash after each.',
  ),
  // Deleting a batch deletes everything in its folder.
  v.check(
    (prefix) => !/^[0-9a-f]{32}\//u.test(prefix),
    "prefix must not begin with what looks like a batch's id.",
  ),
);

const GRANT_LIMITS_ARE =
  "limits must be an object with maxFiles, maxBytes, maxFileBytes, types, extensions, wrongTypes, prefix, keepDays or location.";

/**
 * The claim `limits` of a grant: limits of every batch that it creates. Unknown limits are refused,
 * because a misspelt limit would mean no limit.
 */
export const GrantLimits = v.pipe(
  // `strictObject` accepts arrays.
  v.unknown(),
  v.check((value) => !Array.isArray(value), GRANT_LIMITS_ARE),
  v.strictObject(
    {
      maxFiles: v.optional(count("maxFiles", 1)),
      maxBytes: v.optional(count("maxBytes", 0)),
      maxFileBytes: v.optional(count("maxFileBytes", 0)),
      types: v.optional(TypePatterns),
      extensions: v.optional(Extensions),
      wrongTypes: v.optional(WrongTypes),
      prefix: v.optional(Prefix),
      keepDays: v.optional(KeepDays),
      location: v.optional(Location),
    },
    GRANT_LIMITS_ARE,
  ),
);
export type GrantLimits = v.InferOutput<typeof GrantLimits>;
