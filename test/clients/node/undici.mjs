import { createReadStream, openAsBlob } from "node:fs";
import { Agent, fetch, FormData, request, RetryAgent, setGlobalDispatcher } from "undici";
import { bearer } from "./bearer.mjs";

// The undici inside of Node is the global dispatcher otherwise. It sends nothing for this FormData.
setGlobalDispatcher(new Agent());

const result = async ({ statusCode, body }) => ({ status: statusCode, data: await body.json() });
const fetched = async (response) => ({ status: response.status, data: await response.json() });
const send = async (method, { url, token }, body, dispatcher) =>
  result(await request(url, { method, body, headers: bearer(token), dispatcher }));

export const postJson = async (url, data) => send("POST", { url }, JSON.stringify(data));

export const put = {
  buffer: (call) => send("PUT", call, call.bytes),
  stream: (call) => send("PUT", call, createReadStream(call.path)),
  generator: (call) => send("PUT", call, chunksOf(call.path)),
  "fetch with a Blob": async ({ url, token, path }) =>
    fetched(
      await fetch(url, { method: "PUT", body: await openAsBlob(path), headers: bearer(token) }),
    ),
  "fetch with a stream": async ({ url, token, path }) => {
    const body = (await openAsBlob(path)).stream();
    const init = { method: "PUT", body, headers: bearer(token), duplex: "half" };
    return fetched(await fetch(url, init));
  },
};

async function* chunksOf(path) {
  yield* createReadStream(path, { highWaterMark: 1000 });
}

export const form = {
  "request with FormData": async (call) => send("POST", call, await formOf(call.parts)),
  "fetch with FormData": async ({ url, token, parts }) => {
    const init = { method: "POST", body: await formOf(parts), headers: bearer(token) };
    return fetched(await fetch(url, init));
  },
};

async function formOf(parts) {
  const body = new FormData();
  for (const [name, { path }] of Object.entries(parts)) body.append(name, await openAsBlob(path));
  return body;
}

export async function range({ url, token, range: Range }) {
  const { statusCode, body } = await request(url, { headers: { ...bearer(token), Range } });
  return { status: statusCode, data: Buffer.from(await body.arrayBuffer()).toString("hex") };
}

export const putWithRetries = (call) =>
  send("PUT", call, call.bytes, new RetryAgent(new Agent(), { minTimeout: 1, maxTimeout: 2000 }));
