// Calls the API in every way that a client offers, and prints what it got back, as JSON:
//   node run.mjs CLIENT ORIGIN FOLDER
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startFlakyServer } from "./flaky-server.mjs";

const [name, origin, folder] = process.argv.slice(2);
const client = await import(`./${name}.mjs`);

/** Not text, so that a part of a form with these bytes is no plain field. */
const bytesOf = (size) => Buffer.alloc(size, 0xff);

async function create(sizes) {
  const files = sizes.map((size, index) => ({ name: `${index}.bin`, size }));
  const { data } = await client.postJson(`${origin}/v1/batches`, { files });
  return { url: `${origin}/v1/batches/${data.id}`, token: data.tokens.write };
}

/** Returns bytes, and a file that has them. */
async function content(size) {
  const path = join(folder, `${name}-${size}.bin`);
  await writeFile(path, bytesOf(size));
  return { bytes: bytesOf(size), path };
}

/** @returns the client's report of a failure, so that one way doesn't hide the others */
async function attempt(call) {
  try {
    const { status, data } = await call();
    return { status, data };
  } catch (error) {
    return { failed: String(error), cause: String(error.cause) };
  }
}

async function put(way, size) {
  const { url, token } = await create([size]);
  const body = await content(size);
  return attempt(() => client.put[way]({ url: `${url}/files/0`, token, ...body }));
}

async function bundle(way) {
  const { url, token } = await create([10, 70_000]);
  const parts = { 0: await content(10), 1: await content(70_000) };
  return attempt(() => client.form[way]({ url: `${url}/bundle`, token, parts }));
}

async function form(way) {
  const parts = { f: await content(10), g: await content(70_000) };
  return attempt(() => client.form[way]({ url: `${origin}/v1/upload`, parts }));
}

async function download() {
  const { url, token } = await create([70_000]);
  const file = { url: `${url}/files/0`, token };
  await client.put.buffer({ ...file, ...(await content(70_000)) });
  return attempt(() => client.range({ url: `${file.url}/content`, token, range: "bytes=-5" }));
}

/** A refusal that the server sends while the body is on its way. */
async function refused(way) {
  const { url, token } = await create([3_000_000]);
  const body = await content(3_000_000);
  return attempt(() => client.put[way]({ url: `${url}/files/7`, token, ...body }));
}

/** The client's own retries: the first connection breaks, the second request gets a 503. */
async function retried() {
  const { url, token } = await create([70_000]);
  const flaky = await startFlakyServer(origin);
  const file = `${flaky.origin}${new URL(url).pathname}/files/0`;
  const result = await attempt(async () =>
    client.putWithRetries({ url: file, token, ...(await content(70_000)) }),
  );
  flaky.stop();
  return result;
}

async function each(ways, call) {
  const results = {};
  for (const way of ways) results[way] = await call(way);
  return results;
}

const puts = {};
for (const size of [0, 1, 70_000, 3_000_000])
  puts[size] = await each(Object.keys(client.put), (way) => put(way, size));
const forms = Object.keys(client.form);
console.log(
  JSON.stringify({
    puts,
    bundles: await each(forms, bundle),
    forms: await each(forms, form),
    download: await download(),
    refusals: await each(Object.keys(client.put), refused),
    ...(client.putWithRetries && { retried: await retried() }),
  }),
);
process.exit();
