/** The media type of a file whose type is unknown. */
export const UNKNOWN_TYPE = "application/octet-stream";
