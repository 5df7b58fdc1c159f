// A client for the types that openapi-typescript has made: node generated.ts ORIGIN
import createClient from "openapi-fetch";
import type { components, paths } from "./tallyman.d.ts";

type Schemas = components["schemas"];

/** Returns the data of a successful call. */
function required<Data>({ data, error }: { data?: Data; error?: Schemas["Problem"] }): Data {
  if (data === undefined) throw new Error(error?.detail ?? "The response has no data.");
  return data;
}

declare const process: { argv: string[] };
const [origin = ""] = process.argv.slice(2);
const content = ["hello\n", "world\n"];
const visitor = createClient<paths>({ baseUrl: origin });

const created = required(
  await visitor.POST("/v1/batches", {
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
    body: {
      files: content.map((text, index) => ({ name: `${index}.txt`, size: text.length })),
      metadata: { name: "Two texts", tags: ["a"] },
    },
  }),
);
const batch = created.id;
const headers = { Authorization: `Bearer ${created.tokens?.write}` };
const writer = createClient<paths>({ baseUrl: origin, headers });

// The types have strings for bytes. The serializer returns what is sent.
const file: Schemas["SingleFile"] = required(
  await writer.PUT("/v1/batches/{batch}/files/{file}", {
    params: { path: { batch, file: 0 } },
    body: content[0] ?? "",
    bodySerializer: (text) => new Blob([text]),
  }),
);
const bundle = required(
  await writer.POST("/v1/batches/{batch}/bundle", {
    params: { path: { batch } },
    body: { "1": content[1] ?? "" },
    bodySerializer(parts) {
      const form = new FormData();
      for (const [id, text] of Object.entries(parts)) form.append(id, new Blob([text]), id);
      return form;
    },
  }),
);
const [second] = bundle.files;
if (!second || !("state" in second)) throw new Error("The second file was refused.");

// Without an annotation: openapi-fetch makes lists of tuples, such as those in `summary`.
let status = required(await writer.GET("/v1/batches/{batch}", { params: { path: { batch } } }));
while (status.state === "active") {
  const query = { since: status.rev, wait: 30 };
  const path = { batch };
  status = required(await writer.GET("/v1/batches/{batch}", { params: { path, query } }));
}
const page = required(
  await writer.GET("/v1/batches/{batch}/files", {
    params: { path: { batch }, query: { state: "completed", limit: 10 } },
  }),
);
const first: Schemas["File"] | undefined = page.files[0];
const refusal = await writer.GET("/v1/batches/{batch}/files/{file}", {
  params: { path: { batch, file: 9 } },
});
const code: Schemas["ProblemCode"] | undefined = refusal.error?.code;
console.log(JSON.stringify({ file, first, second: second.state, status, code }));
