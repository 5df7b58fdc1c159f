// Node's own http, and form-data, which sends its forms by it.
import { createReadStream } from "node:fs";
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import FormData from "form-data";
import { bearer } from "./bearer.mjs";

const open = ({ url, token }, options) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { ...options, headers: { ...bearer(token), ...options.headers } });
    sent.on("response", resolve).on("error", reject);
    options.send(sent);
  });
const result = async (response) => ({
  status: response.statusCode,
  data: JSON.parse(await buffer(response)),
});

export const postJson = async (url, data) =>
  result(await open({ url }, { method: "POST", send: (sent) => sent.end(JSON.stringify(data)) }));

export const put = {
  buffer: async (call) =>
    result(await open(call, { method: "PUT", send: (sent) => sent.end(call.bytes) })),
  stream: async (call) =>
    result(
      await open(call, { method: "PUT", send: (sent) => createReadStream(call.path).pipe(sent) }),
    ),
};

export const form = {
  "form-data with Buffers": (call) => submit(call, ({ bytes }) => bytes),
  "form-data with streams": (call) => submit(call, ({ path }) => createReadStream(path)),
};

async function submit({ url, token, parts }, value) {
  const body = new FormData();
  for (const [name, part] of Object.entries(parts)) body.append(name, value(part));
  const { hostname, port, pathname } = new URL(url);
  const target = { host: hostname, port, path: pathname, method: "POST", headers: bearer(token) };
  return result(
    await new Promise((resolve, reject) => {
      body.submit(target, (error, response) => (error ? reject(error) : resolve(response)));
    }),
  );
}

export async function range({ url, token, range: Range }) {
  const response = await open({ url, token }, { headers: { Range }, send: (sent) => sent.end() });
  return { status: response.statusCode, data: (await buffer(response)).toString("hex") };
}
