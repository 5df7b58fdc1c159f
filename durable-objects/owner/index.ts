export type { BatchNews, Verdict } from "./messages.ts";
export { Owner } from "./owner.ts";
export { OwnerClient } from "./owner-client.ts";
