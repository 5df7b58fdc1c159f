/** What travels between the rooms and over the wire. What comes in is checked by `./schemas.ts`, which the page need not load. */
export * from "./frames.ts";
export * from "./limits.ts";
export * from "./parts.ts";
export * from "./problem-answers.ts";
export * from "./problems.ts";
export * from "./resources.ts";
export * from "./states.ts";
export * from "./text.ts";
export * from "./units.ts";
