/** Response header with the number of a request's files that failed, for clients that read no JSON. */
export const FAILED_FILES = "Tallyman-Failed";
