import data from "@mdn/browser-compat-data" with { type: "json" };
import type { CompatStatement, Identifier, SimpleSupportStatement } from "@mdn/browser-compat-data";

/** The first versions of the browsers that the build promises: `chrome111`, `ios16.4`. */
export type Target = readonly string[];

/** Browsers of MDN's table by their names in a target. Chrome has the same versions on phones. */
const BROWSERS = {
  chrome: ["chrome", "chrome_android"],
  edge: ["edge"],
  firefox: ["firefox"],
  safari: ["safari"],
  ios: ["safari_ios"],
} as const;

type Browser = (typeof BROWSERS)[keyof typeof BROWSERS][number];

/** Returns the entry of MDN's table at a path such as `api.AbortSignal.any_static`. */
export function entryAt(path: string): Identifier | undefined {
  const [area, ...keys] = path.split(".");
  let entry: Identifier | undefined =
    area === "css" || area === "api" || area === "webassembly" ? data[area] : data.javascript;
  for (const key of keys) entry = own(entry, key);
  return entry;
}

/** Returns an entry that is in another one. Its own: `constructor` is the name of many entries. */
export function own(entry: Identifier | undefined, key: string): Identifier | undefined {
  return entry && Object.hasOwn(entry, key) ? entry[key] : undefined;
}

/** Returns the entries that are in another one. */
export function entriesIn(entry: Identifier | undefined): Identifier[] {
  const keys = Object.keys(entry ?? {}).filter((key) => key !== "__compat");
  return keys.flatMap((key) => own(entry, key) ?? []);
}

/** Returns the browsers of the target that lack a feature; none of a feature that the table lacks. */
export function lacking(entry: Identifier | undefined, target: Target): string[] {
  const compat = entry?.__compat;
  return compat ? target.filter((browser) => !isSupported(compat, browser)) : [];
}

function isSupported({ support }: CompatStatement, browser: string): boolean {
  const [, name = "", version = ""] = /^([a-z]+)(\d.*)$/u.exec(browser) ?? [];
  if (!isBrowserName(name)) throw new Error(`${browser} is not a browser of a target.`);
  return BROWSERS[name].every((each: Browser) => {
    const statements = support[each];
    return [statements ?? []].flat().some((statement) => isSince(statement, version));
  });
}

function isBrowserName(name: string): name is keyof typeof BROWSERS {
  return Object.hasOwn(BROWSERS, name);
}

/** True if the browser has all of the feature, under its own name and without a preference. */
function isSince(statement: SimpleSupportStatement, version: string): boolean {
  const { version_added: added, version_removed: removed, flags, prefix } = statement;
  if (typeof added !== "string" || added === "preview" || flags || prefix) return false;
  if (statement.alternative_name !== undefined || statement.partial_implementation) return false;
  const isRemoved = typeof removed === "string" && compare(removed, version) <= 0;
  return !isRemoved && compare(added.replace("≤", ""), version) <= 0;
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  const [major = 0, minor = 0] = left ?? [];
  const [otherMajor = 0, otherMinor = 0] = right ?? [];
  return major - otherMajor || minor - otherMinor;
}
