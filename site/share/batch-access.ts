import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Board } from "../batch/board.ts";
import { saveTokens } from "../persistence/batches.ts";
import type { Upload } from "../upload/uploads.ts";
import { contentLink } from "./links.ts";

/** Tokens of a batch for reading it. */
interface ReadingTokens {
  /** The share link's; undefined if the link was ended. */
  read?: string;
  /** This page's own, which the end of the share link doesn't end. */
  live?: string;
}

/** The tokens with which the sender's page shares and reads its batch. The link can be ended and renewed. */
export class BatchAccess {
  /** The share link's token; null before the batch exists, and after the link was ended. */
  readonly read: ReadonlySignal<string | null>;
  /** True if the batch exists and has no link. */
  readonly isLinkEnded: ReadonlySignal<boolean>;
  readonly #uploader: Upload["uploader"];
  /** Null until the link was ended or renewed here. */
  readonly #renewed = signal<ReadingTokens | null>(null);
  readonly #tokens: ReadonlySignal<ReadingTokens | null>;

  constructor(uploader: Upload["uploader"], board: Board) {
    this.#uploader = uploader;
    this.#tokens = computed(() => {
      void board.changed.value;
      return this.#renewed.value ?? uploader.resumableBatch?.tokens ?? null;
    });
    this.read = computed(() => this.#tokens.value?.read ?? null);
    this.isLinkEnded = computed(() => this.#tokens.value !== null && this.read.value === null);
  }

  /** Returns the address of a stored file for this page; null until the batch exists. */
  contentLink(file: number): string | null {
    const { live, read } = this.#tokens.peek() ?? {};
    const batch = this.#uploader.resumableBatch;
    const token = live ?? read;
    return batch === null || token === undefined ? null : contentLink(batch.id, file, token);
  }

  /**
   * Ends the share link: only the sender can read the batch from then on.
   *
   * @returns false if the request failed, which the batch's problem reports
   */
  async endLink(): Promise<boolean> {
    const made = await this.#uploader.request((api) => api.makeTokens(["live"], ["read"]));
    if (made?.live !== undefined) await this.#renew({ live: made.live });
    return made !== null;
  }

  /** Makes a new share link. @returns false if the request failed */
  async makeLink(): Promise<boolean> {
    const made = await this.#uploader.request((api) => api.makeTokens(["read", "live"]));
    if (made !== null) await this.#renew({ ...this.#tokens.peek(), ...readingTokens(made) });
    return made !== null;
  }

  async #renew(tokens: ReadingTokens): Promise<void> {
    const batch = this.#uploader.resumableBatch;
    // First: a page that is reloaded as soon as it says that the link has ended would show it again.
    if (batch !== null) await saveTokens(batch.id, tokens);
    this.#renewed.value = tokens;
  }
}

function readingTokens({ read, live }: ReadingTokens): ReadingTokens {
  return { ...(read !== undefined && { read }), ...(live !== undefined && { live }) };
}
