/** Actions on one file. Null where the action is not available, as on the watch page. */
export interface FileActions {
  retry: ((file: number) => void) | null;
  cancel: ((file: number) => void) | null;
  /** Shows a stored picture in large. */
  view?: (file: number) => void;
  /** Returns the address of a stored file's content; null until the batch is known. */
  contentLink: (file: number) => string | null;
}
