import { signal } from "@preact/signals";
import {
  getAccessInfo,
  type Grant,
  ProblemError,
  type UploaderOptions,
} from "../../client/index.ts";
import { surface } from "../../client/surface.ts";
import { LIMITS } from "../../protocol/index.ts";
import { briefly, type NextLimits } from "./next-limits.ts";

/** The limits that the server tells for the options of the next batch. */
export class ServerLimits implements NextLimits {
  readonly value = signal(LIMITS);
  readonly #options: () => Pick<UploaderOptions, "endpoint" | "grant">;
  #asked: Promise<void> | null = null;
  /** True if the server has told them since the last renewal. */
  #isKnown = false;
  /** Counts up with each renewal: an earlier response is out of date then. */
  #round = 0;

  constructor(options: () => Pick<UploaderOptions, "endpoint" | "grant">) {
    this.#options = options;
  }

  ready(): Promise<void> {
    this.#asked ??= this.#askBriefly();
    return this.#asked;
  }

  renew(): void {
    this.#asked = null;
    this.#isKnown = false;
    this.#round += 1;
  }

  async #askBriefly(): Promise<void> {
    const round = this.#round;
    await briefly(this.#ask());
    if (round === this.#round && !this.#isKnown) this.#asked = null;
  }

  async #ask(): Promise<void> {
    const round = this.#round;
    const { endpoint, grant } = this.#options();
    try {
      const { limits } = await getAccessInfo(endpoint, await tokenOf(grant));
      if (round !== this.#round) return;
      this.value.value = limits;
      this.#isKnown = true;
    } catch (error) {
      // The creation of the batch has the same problem, and reports it.
      if (!(error instanceof ProblemError)) surface(error);
    }
  }
}

/** Returns undefined if the app's function fails: the batch's creation calls it again, and reports that. */
async function tokenOf(grant: Grant | undefined): Promise<string | undefined> {
  try {
    return typeof grant === "function" ? await grant() : grant;
  } catch {
    return undefined;
  }
}
