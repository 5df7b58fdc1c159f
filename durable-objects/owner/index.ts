export type { BatchEvent, QuotaDecision } from "./messages.ts";
export { Owner } from "./owner.ts";
export { OwnerClient } from "./client.ts";
