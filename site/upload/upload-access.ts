import { effect, signal } from "@preact/signals";
import { serverNow } from "../../client/api/server-time.ts";
import { getAccessInfo, ProblemError } from "../../client/index.ts";
import { surface } from "../../client/surface.ts";
import { type Limits, LIMITS } from "../../protocol/index.ts";
import { claimsOf, grant, takeGrantFromAddress } from "./grant.ts";
import { briefly, type NextLimits } from "./next-limits.ts";

/** The reason why this tab can't create batches: it has no grant, or one that has expired or doesn't allow it. */
export type Obstacle = "missing" | "expired" | "invalid";

/** Shortest time between two checks of a grant that has just expired, or is about to. */
const SHORTEST_WAIT_MS = 60_000;
/** Longer waits overflow the timer of browsers, which then fires at once. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

/**
 * Whether this tab can create batches. The server tells, so that a person learns before they choose
 * files that they need a link, or a new one.
 */
export class UploadAccess implements NextLimits {
  /** Null if batches can be created, and as long as the server hasn't responded. */
  readonly obstacle = signal<Obstacle | null>(null);
  /** Limits of the next batch. */
  readonly value = signal<Limits>(LIMITS);
  #asked: Promise<void> = Promise.resolve();
  /** True if the server has responded to the last question. */
  #isKnown = false;
  /** True if it had the time to, and hasn't: it was out of reach. */
  #isLate = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    takeGrantFromAddress();
    // A link that is opened in this tab changes only the fragment, which doesn't load the page.
    addEventListener("hashchange", takeGrantFromAddress);
    effect(() => this.#ask(grant.value));
  }

  ready(): Promise<void> {
    if (this.#isLate) this.check();
    return this.#asked;
  }

  /** The tab's grant is checked whenever it changes, and again when it expires. */
  renew(): void {}

  /** Asks the server again, after it has refused a batch. */
  check(): void {
    this.#ask(grant.peek());
  }

  /** A bug in a check is reported, and keeps no files from being sent. */
  #ask(token: string | undefined): void {
    this.#isKnown = this.#isLate = false;
    this.#asked = briefly(this.#check(token).catch(surface)).then(() => {
      this.#isLate = !this.#isKnown;
    });
  }

  async #check(token: string | undefined): Promise<void> {
    const found = await findObstacle(token);
    // Another link was opened meanwhile.
    if (token !== grant.peek()) return;
    // The response has told the server's time.
    this.#scheduleCheck(token);
    if (found === null) return;
    this.#isKnown = true;
    this.obstacle.value = found.obstacle;
    if (found.limits) this.value.value = found.limits;
  }

  /** Checks again when the grant expires. */
  #scheduleCheck(token: string | undefined): void {
    clearTimeout(this.#timer);
    const { exp } = claimsOf(token ?? "");
    const wait = exp === undefined ? LONGEST_WAIT_MS : exp * 1000 - serverNow();
    const bounded = Math.min(Math.max(wait, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
    if (token !== undefined) this.#timer = setTimeout(() => this.check(), bounded);
  }
}

/** Returns null if the server can't be asked: then only creating a batch shows what it allows. */
async function findObstacle(
  token: string | undefined,
): Promise<{ obstacle: Obstacle | null; limits?: Limits } | null> {
  try {
    const { access, limits } = await getAccessInfo(location.origin, token);
    return { obstacle: obstacleFor(token, access), limits };
  } catch (error) {
    // Anything else is a bug.
    if (!(error instanceof ProblemError)) throw error;
    return error.code === "unauthorized" ? { obstacle: refusalOf(token) } : null;
  }
}

/** The server's clock counts. */
function refusalOf(token: string | undefined): Obstacle {
  const { exp } = claimsOf(token ?? "");
  return exp !== undefined && exp * 1000 <= serverNow() ? "expired" : "invalid";
}

function obstacleFor(token: string | undefined, access: "open" | "grant"): Obstacle | null {
  if (token === undefined) return access === "open" ? null : "missing";
  const { can } = claimsOf(token);
  return can === undefined || can.includes("create") ? null : "invalid";
}
