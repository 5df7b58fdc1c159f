/**
 * Data on the wire, and the rules that the server and its clients share. `./schemas.ts` validates
 * input; it is not exported here, so that pages don't load valibot.
 */
export * from "./accepted-files.ts";
export * from "./frames.ts";
export * from "./limits.ts";
export * from "./locations.ts";
export * from "./problem-answers.ts";
export * from "./problems.ts";
export * from "./resources.ts";
export * from "./states.ts";
export * from "./text.ts";
export * from "./units.ts";
