// Node's own fetch.
import { createReadStream, openAsBlob } from "node:fs";
import { bearer } from "./bearer.mjs";

const result = async (response) => ({ status: response.status, data: await response.json() });
const send = async (method, { url, token }, body) =>
  result(await fetch(url, { method, body, headers: bearer(token), duplex: "half" }));

export const postJson = (url, data) => send("POST", { url }, JSON.stringify(data));

export const put = {
  buffer: (call) => send("PUT", call, call.bytes),
  Blob: async (call) => send("PUT", call, await openAsBlob(call.path)),
  stream: (call) => send("PUT", call, createReadStream(call.path)),
};

export const form = {
  "FormData with Blobs": async (call) => {
    const body = new FormData();
    for (const [name, { path }] of Object.entries(call.parts))
      body.append(name, await openAsBlob(path));
    return send("POST", call, body);
  },
  "FormData with Blobs without a name": async (call) => {
    const body = new FormData();
    for (const [name, { path }] of Object.entries(call.parts))
      body.append(name, await openAsBlob(path), "");
    return send("POST", call, body);
  },
};

export async function range({ url, token, range: Range }) {
  const response = await fetch(url, { headers: { ...bearer(token), Range } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, data: bytes.toString("hex") };
}
