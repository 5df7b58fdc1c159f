import { createReadStream, openAsBlob } from "node:fs";
import axios from "axios";
import FormData from "form-data";
import { bearer } from "./bearer.mjs";

// A status is a result here, not an exception.
const settings = (token) => ({ headers: bearer(token), validateStatus: null });

export const postJson = (url, data) => axios.post(url, data);

export const put = {
  buffer: ({ url, token, bytes }) => axios.put(url, bytes, settings(token)),
  stream: ({ url, token, path }) => axios.put(url, createReadStream(path), settings(token)),
  "stream without redirects": ({ url, token, path }) =>
    axios.put(url, createReadStream(path), { ...settings(token), maxRedirects: 0 }),
};

export const form = {
  "postForm with Buffers": ({ url, token, parts }) =>
    axios.postForm(
      url,
      mapped(parts, ({ bytes }) => bytes),
      settings(token),
    ),
  "postForm with streams": ({ url, token, parts }) =>
    axios.postForm(
      url,
      mapped(parts, ({ path }) => createReadStream(path)),
      settings(token),
    ),
  "form-data with named Buffers": ({ url, token, parts }) => {
    const body = new FormData();
    for (const [name, { bytes }] of Object.entries(parts)) body.append(name, bytes, `${name}.bin`);
    return axios.post(url, body, settings(token));
  },
  "FormData with Blobs": async ({ url, token, parts }) => {
    const body = new globalThis.FormData();
    for (const [name, { path }] of Object.entries(parts)) body.append(name, await openAsBlob(path));
    return axios.post(url, body, settings(token));
  },
};

const mapped = (parts, value) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, value(part)]));

export async function range({ url, token, range: Range }) {
  const headers = { ...bearer(token), Range };
  const { status, data } = await axios.get(url, { headers, responseType: "arraybuffer" });
  return { status, data: data.toString("hex") };
}
