/** A running browser. Each engine has its own protocol for the steps of a journey. */
export interface Driver {
  /** Opens an address in the browser's one window. */
  open: (url: string) => Promise<void>;
  /**
   * Returns the value of an expression in the page, which may be a promise. Text, because it is sent to
   * another process.
   */
  evaluate: (expression: string) => Promise<unknown>;
  /** Chooses files, or a folder, in the input that an expression returns. */
  choose: (input: string, paths: readonly string[]) => Promise<void>;
  close: () => Promise<void>;
}

/** Preferences with which a browser starts. */
export interface DriverOptions {
  /** The one language of the system or of the browser's settings. Default: that of the tests. */
  language?: string;
}

export type LaunchDriver = (options?: DriverOptions) => Promise<Driver>;
