/** What the reader can do with one file. Null where somebody else's batch is only watched. */
export interface FileActions {
  retry: ((file: number) => void) | null;
  cancel: ((file: number) => void) | null;
  /** Where the content of a stored file is; null while nobody knows. */
  contentLink: (file: number) => string | null;
}
