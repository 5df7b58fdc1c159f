import { createReadStream } from "node:fs";
import superagent from "superagent";
import { bearer } from "./bearer.mjs";

const result = ({ status, body }) => ({ status, data: body });
// A status is a result here, not an exception.
const start = (method, { url, token }) =>
  superagent(method, url)
    .set(bearer(token))
    .ok(() => true);

export const postJson = async (url, data) => result(await start("POST", { url }).send(data));

export const put = {
  buffer: async (call) => result(await start("PUT", call).type("bin").send(call.bytes)),
  stream: (call) =>
    new Promise((resolve, reject) => {
      const request = start("PUT", call);
      request.on("response", (response) => resolve(result(response)));
      request.on("error", reject);
      createReadStream(call.path).pipe(request);
    }),
};

export const form = {
  "attach with paths": (call) =>
    attach(call, (request, name, { path }) => request.attach(name, path)),
  "attach with named Buffers": (call) =>
    attach(call, (request, name, { bytes }) => request.attach(name, bytes, `${name}.bin`)),
  "attach with Buffers": (call) =>
    attach(call, (request, name, { bytes }) => request.attach(name, bytes)),
  "attach with streams": (call) =>
    attach(call, (request, name, { path }) => request.attach(name, createReadStream(path))),
};

async function attach(call, add) {
  const request = start("POST", call);
  for (const [name, part] of Object.entries(call.parts)) add(request, name, part);
  return result(await request);
}

export async function range({ url, token, range: Range }) {
  const response = await start("GET", { url, token }).set({ Range }).buffer(true).parse(asBuffer);
  return { status: response.status, data: response.body.toString("hex") };
}

function asBuffer(response, done) {
  const chunks = [];
  response.on("data", (chunk) => chunks.push(chunk));
  response.on("end", () => done(null, Buffer.concat(chunks)));
}

export const putWithRetries = async ({ url, token, bytes }) =>
  result(await superagent.put(url).set(bearer(token)).type("bin").retry(3).send(bytes));
