import { app } from "./app.ts";

export { Batch, Owner } from "../durable-objects/index.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
