import * as v from "valibot";
import { JSON_BODY_BYTES, JSON_BODY_VALUES } from "../../protocol/index.ts";
import type { AppContext } from "../context.ts";
import { sha256Hex } from "../upload/digest.ts";
import { ProblemError } from "./problem.ts";
import { ValueCounter } from "./value-counter.ts";

/** Memory of a JSON body by its bytes: its text in UTF-16, a copy of it, and the values with their text. */
const MEMORY_FACTOR = 4;

/**
 * Reads and validates the request's JSON body.
 *
 * @throws ProblemError `malformed_request` for a body that is not JSON, doesn't match the schema or has
 *   more than `JSON_BODY_VALUES` values, `too_large` for one of more than `maxBytes`
 */
export async function readJson<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
  maxBytes = JSON_BODY_BYTES,
): Promise<v.InferOutput<Schema>> {
  return validate(schema, parseJson(await readText(c, maxBytes)));
}

/** Reads the same, and the hex SHA-256 of the body, by which a repeated call is recognised. */
export async function readDigestedJson<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
  maxBytes: number,
): Promise<{ body: v.InferOutput<Schema>; digest: string }> {
  const text = await readText(c, maxBytes);
  const body = validate(schema, parseJson(text));
  return { body, digest: await sha256Hex(new TextEncoder().encode(text)) };
}

/** Reads the same of a request that may have no body, which means an empty object. */
export async function readOptionalJson<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const text = await readText(c, JSON_BODY_BYTES);
  return validate(schema, text === "" ? {} : parseJson(text));
}

function validate<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
): v.InferOutput<Schema> {
  // The schemas accept an array where they expect an object.
  if (Array.isArray(body))
    throw new ProblemError("malformed_request", "The body is a JSON array; send an object.");
  // Further issues could be expensive to find, and some checks rely on earlier ones.
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  throw new ProblemError("malformed_request", result.issues[0].message);
}

async function readText(c: AppContext, maxBytes: number): Promise<string> {
  if ((c.var.body.length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const { memory } = c.var.body;
  const values = new ValueCounter();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of c.var.body.chunks()) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (values.add(chunk) > JSON_BODY_VALUES) throw tooManyValues();
    memory.buffer(MEMORY_FACTOR * chunk.length);
    text += decode(decoder, chunk);
  }
  // Released at the end of the request.
  memory.store(MEMORY_FACTOR * bytes);
  return text + decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new ProblemError("malformed_request", "The body is not valid UTF-8; send it as UTF-8.");
  }
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError(
    "too_large",
    `The body is too large; send at most ${maxBytes} bytes of JSON.`,
  );
}

function tooManyValues(): ProblemError {
  const detail = `The body has more than ${JSON_BODY_VALUES} values; send fewer in one request.`;
  return new ProblemError("malformed_request", detail);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("malformed_request", "The body cannot be parsed; send valid JSON.");
  }
}
