import { createReadStream } from "node:fs";
import FormDataStream from "form-data";
import fetch, { Blob, blobFrom, fileFrom, FormData } from "node-fetch";
import { bearer } from "./bearer.mjs";

const result = async (response) => ({ status: response.status, data: await response.json() });
const send = async (method, { url, token }, body) =>
  result(await fetch(url, { method, body, headers: bearer(token) }));

export const postJson = (url, data) => send("POST", { url }, JSON.stringify(data));

export const put = {
  buffer: (call) => send("PUT", call, call.bytes),
  stream: (call) => send("PUT", call, createReadStream(call.path)),
  Blob: (call) => send("PUT", call, new Blob([call.bytes])),
};

export const form = {
  "FormData with Files": async (call) => send("POST", call, await formOf(call.parts, fileFrom)),
  "FormData with Blobs": async (call) => send("POST", call, await formOf(call.parts, blobFrom)),
  "form-data with Buffers": async (call) => {
    const body = new FormDataStream();
    for (const [name, { bytes }] of Object.entries(call.parts)) body.append(name, bytes);
    return send("POST", call, body);
  },
};

async function formOf(parts, open) {
  const body = new FormData();
  for (const [name, { path }] of Object.entries(parts)) body.append(name, await open(path));
  return body;
}

export async function range({ url, token, range: Range }) {
  const response = await fetch(url, { headers: { ...bearer(token), Range } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, data: bytes.toString("hex") };
}
