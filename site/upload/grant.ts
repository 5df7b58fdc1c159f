import { type ReadonlySignal, signal } from "@preact/signals";
import { StoredValue } from "../persistence/stored-value.ts";
import { replaceAddress } from "../ui/replace-address.ts";

/** In a tab's own storage: it survives a reload, and no other tab and no later visit has it. */
const saved = new StoredValue(() => sessionStorage, "tallyman:grant");
const PARAMETER = "grant";

const current = signal(saved.get() ?? undefined);

/** The grant that this tab was opened with; undefined without one. It may have expired. */
export const grant: ReadonlySignal<string | undefined> = current;

/** The claims of a grant or of a batch's token that the page uses. The server checks all of them. */
interface Claims {
  /** Id of the token's batch. */
  batch?: string;
  /** Name of the owner. */
  sub?: string;
  /** Seconds since 1970. */
  exp?: number;
  can?: readonly string[];
}

/**
 * Takes the grant out of the page's address (`/#grant=…`): there it would get into bookmarks and onto
 * shared screens.
 */
export function takeGrantFromAddress(): void {
  const params = new URLSearchParams(location.hash.slice(1));
  const token = params.get(PARAMETER);
  if (token === null) return;
  params.delete(PARAMETER);
  const rest = params.toString();
  replaceAddress(location.pathname + location.search + (rest && `#${rest}`));
  if (token === "") return;
  current.value = token;
  saved.set(token);
}

/** Returns the claims of a token, unverified; none if it isn't a JWT. */
export function claimsOf(token: string): Claims {
  try {
    const [, payload = ""] = token.split(".");
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    return claims instanceof Object ? claims : {};
  } catch {
    return {};
  }
}
