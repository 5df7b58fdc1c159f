import * as v from "valibot";

// Schemas of values in the responses.

/** Returns a schema with a description. */
export function about<const Schema extends v.GenericSchema>(text: string, schema: Schema) {
  return v.pipe(schema, v.description(text));
}

/** Returns a schema that the document lists under a name. */
export function named<const Schema extends v.GenericSchema>(
  ref: string,
  text: string,
  schema: Schema,
) {
  return v.pipe(schema, v.description(text), v.metadata({ ref }));
}

export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const Percent = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
export const Time = v.pipe(v.string(), v.isoTimestamp());
export const Address = v.pipe(v.string(), v.url());
export const Hex256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/u));
export const FileId = about("The file's position in the order of declaration.", Count);
export const Rev = about("The batch's change counter, which never goes back.", Count);
