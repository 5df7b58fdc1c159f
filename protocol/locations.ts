/** The platform's location hints for Durable Objects. */
export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "oc",
  "afr",
  "me",
] as const;

/** A region in which a batch can be placed. Named after the platform's: `Location` is the DOM's. */
export type LocationHint = (typeof LOCATION_HINTS)[number];
