import { beforeEach, afterEach, describe, expect, test, vi } from "vitest";
import { connectionFailed, foreignResponse, type ProblemError, timedOut } from "../errors.ts";
import { asRequest, type PlannedRequest } from "./planner.ts";
import { judge, type Strikes, type Verdict } from "./strikes.ts";

const cut = connectionFailed();
const forbidden = foreignResponse(403, false);
const BUNDLE = asRequest([1, 2, 3]);
const FILE = asRequest([1]);
const PART = { kind: "part", files: [1], part: 2, isRepeat: false } as const;

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(1));
afterEach(() => void vi.restoreAllMocks());

/** Returns the verdicts on a request that ends like this each time, up to the last one. */
function verdicts(
  request: PlannedRequest,
  problems: readonly ProblemError[],
  { respondedAt = 1, secondsApart = 0 } = {},
): Verdict[] {
  let strikes: Strikes | undefined;
  return problems.map((problem, index) => {
    const now = index * secondsApart * 1000;
    const verdict = judge(problem, { ...request, strikes }, { now, respondedAt });
    strikes = verdict.kind === "repeat" ? verdict.strikes : undefined;
    return verdict;
  });
}

function kinds(request: PlannedRequest, problem: ProblemError, times: number): string {
  const problems = Array.from({ length: times }, () => problem);
  return verdicts(request, problems)
    .map(({ kind }) => kind)
    .join(" ");
}

test.each([cut, forbidden])(
  "a bundle is repeated twice, soon, and then split into four",
  (problem) => {
    expect(verdicts(BUNDLE, [problem, problem, problem])).toMatchObject([
      { kind: "repeat", delay: 300 },
      { kind: "repeat", delay: 600 },
      { kind: "split", count: 4 },
    ]);
  },
);

describe.each([FILE, PART])("a $kind", (request) => {
  test("is refused after three responses of another system", () => {
    expect(kinds(request, forbidden, 3)).toBe("repeat repeat refused");
  });

  test("is refused after six connections that broke", () => {
    expect(kinds(request, cut, 6)).toBe("repeat repeat repeat repeat repeat refused");
  });

  test("is repeated after a time-out", () => {
    expect(kinds(request, timedOut(""), 2)).toBe("repeat repeat");
  });
});

test("a bundle is split after a time-out: the next try is smaller", () => {
  expect(verdicts(BUNDLE, [timedOut("")])).toMatchObject([{ kind: "split", count: 2 }]);
});

test("a list of parts, which carries no file, is never refused", () => {
  const list = { kind: "listParts", files: [1] } as const;
  expect(kinds(list, forbidden, 9)).toBe(Array.from({ length: 9 }, () => "repeat").join(" "));
});

describe("a file whose request is the only one", () => {
  const kindsOf = (problem: ProblemError, options: Parameters<typeof verdicts>[2]) =>
    verdicts(FILE, Array<ProblemError>(8).fill(problem), options).map(({ kind }) => kind);

  test("is refused only after ten seconds, as uploads may be blocked as a whole", () => {
    const found = kindsOf(forbidden, { respondedAt: -1, secondsApart: 2 });
    expect(found.indexOf("refused")).toBe(5);
  });

  test("isn't refused by a challenge, which waits for a person", () => {
    const challenge = foreignResponse(403, true);
    expect(kindsOf(challenge, { respondedAt: -1, secondsApart: 60 })).not.toContain("refused");
    expect(kindsOf(challenge, { respondedAt: 1 })).toContain("refused");
  });

  test("is tried once more when the first of the others gets through", () => {
    let strikes: Strikes | undefined;
    const challenge = foreignResponse(403, true);
    // Blocked as a whole, until another file is stored in the sixth second.
    const found = Array.from({ length: 8 }, (_, now) => {
      const verdict = judge(
        challenge,
        { ...FILE, strikes },
        { now, respondedAt: now < 6 ? -1 : 5 },
      );
      strikes = verdict.kind === "repeat" ? verdict.strikes : undefined;
      return verdict.kind;
    });
    expect(found.indexOf("refused")).toBe(7);
  });

  test("is tried every five seconds at least", () => {
    const delays = verdicts(FILE, Array<ProblemError>(9).fill(forbidden), { respondedAt: -1 });
    expect(delays.at(-1)).toMatchObject({ kind: "repeat", delay: 5000 });
  });
});
