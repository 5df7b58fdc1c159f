import * as fc from "fast-check";
import { applyEdits, type Edit, editText, someEdits } from "./edits.ts";
import { ENDINGS, type Recording, RECORDINGS } from "./recordings.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
const HEADERS = RECORDINGS.flatMap(({ headers }) => Object.entries(headers));

/** A recorded request with a changed URL, header, body or method. */
export const mutant: fc.Arbitrary<Recording> = fc
  .oneof(
    { weight: 40, arbitrary: fc.constantFrom(...RECORDINGS) },
    { weight: 1, arbitrary: fc.constantFrom(...ENDINGS) },
  )
  .chain((recorded) =>
    fc.oneof(
      { weight: 3, arbitrary: someEdits.map((edits) => withPath(recorded, edits)) },
      { weight: 4, arbitrary: withHeader(recorded) },
      { weight: 6, arbitrary: someEdits.map((edits) => withBody(recorded, edits)) },
      { weight: 1, arbitrary: withMethod(recorded) },
      { weight: 2, arbitrary: fc.constant(recorded) },
    ),
  );

function withPath(recorded: Recording, edits: readonly Edit[]): Recording {
  return { ...recorded, path: editText(recorded.path, edits) };
}

function withBody(recorded: Recording, edits: readonly Edit[]): Recording {
  if (recorded.body === null) return withPath(recorded, edits);
  return { ...recorded, body: applyEdits(recorded.body, edits) };
}

/** Adds or replaces a header with an edited one of any recording. */
function withHeader(recorded: Recording): fc.Arbitrary<Recording> {
  return fc.tuple(fc.constantFrom(...HEADERS), someEdits).map(([[name, value], edits]) => {
    const headers = { ...recorded.headers, [name]: editText(value, edits) };
    return Object.assign({}, recorded, { headers });
  });
}

function withMethod(recorded: Recording): fc.Arbitrary<Recording> {
  return fc.constantFrom(...METHODS).map((method) => Object.assign({}, recorded, { method }));
}
