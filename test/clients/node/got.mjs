import { createReadStream, openAsBlob } from "node:fs";
import { PassThrough } from "node:stream";
import FormDataStream from "form-data";
import got from "got";
import { bearer } from "./bearer.mjs";

const result = ({ statusCode, body }) => ({ status: statusCode, data: JSON.parse(body) });
const settings = (token) => ({
  headers: bearer(token),
  throwHttpErrors: false,
  retry: { limit: 0 },
});

export const postJson = async (url, json) => result(await got.post(url, { json }));

export const put = {
  buffer: async ({ url, token, bytes }) =>
    result(await got.put(url, { body: bytes, ...settings(token) })),
  stream: async ({ url, token, path }) =>
    result(await got.put(url, { body: createReadStream(path), ...settings(token) })),
  generator: async ({ url, token, path }) =>
    result(await got.put(url, { body: chunksOf(path), ...settings(token) })),
};

async function* chunksOf(path) {
  yield* createReadStream(path, { highWaterMark: 1000 });
}

export const form = {
  "FormData with Blobs": async ({ url, token, parts }) => {
    const body = new FormData();
    for (const [name, { path }] of Object.entries(parts)) body.append(name, await openAsBlob(path));
    return result(await got.post(url, { body, ...settings(token) }));
  },
  "form-data with Buffers": async ({ url, token, parts }) => {
    const body = new FormDataStream();
    for (const [name, { bytes }] of Object.entries(parts)) body.append(name, bytes);
    const headers = { ...bearer(token), ...body.getHeaders() };
    return sendForm(url, { body, ...settings(token), headers });
  },
  "form-data with streams": async ({ url, token, parts }) => {
    const body = new FormDataStream();
    for (const [name, { path }] of Object.entries(parts)) body.append(name, createReadStream(path));
    const headers = { ...bearer(token), ...body.getHeaders() };
    return sendForm(url, { body, ...settings(token), headers });
  },
};

/** got pipes streams only, and form-data's own is none. */
async function sendForm(url, { body, ...options }) {
  return result(await got.post(url, { ...options, body: body.pipe(new PassThrough()) }));
}

export async function range({ url, token, range: Range }) {
  const headers = { ...bearer(token), Range };
  const { statusCode, rawBody } = await got(url, { headers });
  return { status: statusCode, data: Buffer.from(rawBody).toString("hex") };
}

export const putWithRetries = async ({ url, token, bytes }) =>
  result(await got.put(url, { body: bytes, headers: bearer(token) }));
