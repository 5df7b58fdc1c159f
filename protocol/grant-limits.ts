import * as v from "valibot";
import { GRANT_MAX_TYPES, PREFIX_CHARACTERS, TYPE_CHARACTERS } from "./limits.ts";

function count(what: string, least: number) {
  const detail = `${what} must be a whole number, ${least} at least.`;
  return v.pipe(v.number(detail), v.safeInteger(detail), v.minValue(least, detail));
}

const TypePattern = v.pipe(
  v.string("types must be strings."),
  v.maxLength(TYPE_CHARACTERS, `types must be at most ${TYPE_CHARACTERS} characters long.`),
  v.regex(
    /^[\w!#$&^.+-]+\/(?:\*|[\w!#$&^.+-]+)$/u,
    'types must be media types such as "image/png", or "image/*" for all of a kind.',
  ),
  v.toLowerCase(),
);

const TypePatterns = v.pipe(
  v.array(TypePattern, "types must be an array."),
  v.minLength(1, "types must name at least one type."),
  v.maxLength(GRANT_MAX_TYPES, `types must name at most ${GRANT_MAX_TYPES} types.`),
);

const Prefix = v.pipe(
  v.string("prefix must be a string."),
  v.maxLength(PREFIX_CHARACTERS, `prefix must be at most ${PREFIX_CHARACTERS} characters long.`),
  v.regex(
    /^(?:[\w-][\w.-]*\/)*$/u,
    'prefix must be folders of letters, digits, ".", "_" and "-", with a slash after each.',
  ),
  // Whatever lies in a batch's folder goes when that batch does.
  v.check(
    (prefix) => !/^[0-9a-f]{32}\//u.test(prefix),
    "prefix must not begin with what looks like a batch's id.",
  ),
);

const SHAPE = "limits must be an object with maxFiles, maxBytes, maxFileBytes, types or prefix.";

/**
 * The claim `limits` of a grant: what each batch that it creates may hold. A limit that is misspelt
 * would be none at all, so there may be no others than these.
 */
export const GrantLimits = v.pipe(
  // To an object's schema a list is one, too.
  v.unknown(),
  v.check((value) => !Array.isArray(value), SHAPE),
  v.strictObject(
    {
      maxFiles: v.optional(count("maxFiles", 1)),
      maxBytes: v.optional(count("maxBytes", 0)),
      maxFileBytes: v.optional(count("maxFileBytes", 0)),
      types: v.optional(TypePatterns),
      prefix: v.optional(Prefix),
    },
    SHAPE,
  ),
);
export type GrantLimits = v.InferOutput<typeof GrantLimits>;
