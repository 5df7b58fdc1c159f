/** The name of a rate limit's binding in wrangler.toml. */
export type RateBinding = Extract<keyof Env, `${string}_RATE`>;

/** Rate limits that record what they count. */
export class RecordedRates {
  /** The binding and the key of each counted request, in order. */
  readonly counted: [RateBinding, string][] = [];
  /** Returns false for a key over the limit. */
  readonly #isAllowed: (key: string) => boolean;

  constructor(isAllowed: (key: string) => boolean = () => true) {
    this.#isAllowed = isAllowed;
  }

  /** Bindings for `callWith`. */
  get bindings(): Record<RateBinding, RateLimit> {
    return {
      UPLOAD_RATE: this.#recorder("UPLOAD_RATE"),
      CREATE_RATE: this.#recorder("CREATE_RATE"),
      DECLARE_RATE: this.#recorder("DECLARE_RATE"),
      CONTROL_RATE: this.#recorder("CONTROL_RATE"),
      DELETE_RATE: this.#recorder("DELETE_RATE"),
      POLL_RATE: this.#recorder("POLL_RATE"),
      LONG_POLL_RATE: this.#recorder("LONG_POLL_RATE"),
      CONTENT_RATE: this.#recorder("CONTENT_RATE"),
      ARCHIVE_RATE: this.#recorder("ARCHIVE_RATE"),
      SOCKET_RATE: this.#recorder("SOCKET_RATE"),
    };
  }

  #recorder(name: RateBinding): RateLimit {
    return {
      limit: ({ key }) => {
        this.counted.push([name, key]);
        return Promise.resolve({ success: this.#isAllowed(key) });
      },
    };
  }
}
