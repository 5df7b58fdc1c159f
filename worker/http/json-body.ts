import * as v from "valibot";
import { JSON_BODY_BYTES } from "../../protocol/index.ts";
import type { AppContext } from "../context.ts";
import { ProblemError } from "./problem.ts";
import { bodyLength } from "./request-body.ts";

/**
 * The request's JSON body, checked.
 *
 * @param most bytes that it may have
 * @throws ProblemError `malformed_request` where it is no JSON or not of the schema's shape, `too_large`
 */
export async function readJson<Schema extends v.GenericSchema>(
  c: AppContext,
  schema: Schema,
  most = JSON_BODY_BYTES,
): Promise<v.InferOutput<Schema>> {
  const body = parseJson(await readText(c, most));
  // To the schemas a list is an object, too.
  if (Array.isArray(body)) throw new ProblemError("malformed_request", "Send a JSON object.");
  // The first issue is told: looking further could cost much, and some checks lean on those before.
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  throw new ProblemError("malformed_request", result.issues[0].message);
}

async function readText(c: AppContext, most: number): Promise<string> {
  if ((bodyLength(c.req.raw) ?? 0) > most) throw tooLarge(most);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of c.var.body.chunks()) {
    bytes += chunk.length;
    if (bytes > most) throw tooLarge(most);
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new ProblemError("malformed_request", "Send the body as UTF-8.");
  }
}

function tooLarge(most: number): ProblemError {
  return new ProblemError("too_large", `Send at most ${most} bytes of JSON in one such call.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError("malformed_request", "Send a JSON body: this one cannot be parsed.");
  }
}
