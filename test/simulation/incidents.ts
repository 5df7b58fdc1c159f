import type { Random } from "./random.ts";
import { Host } from "./time/host.ts";
import type { World } from "./world.ts";

/** The pages of a simulation. */
interface Surroundings {
  pages: readonly Host[];
  /** Puts a system between a page and the edge, for a while. */
  putMiddlebox: (page: Host) => void;
}

/** An event that affects all objects, all requests, or half of the pages at once. */
interface Incident {
  /** The longest time between two of a kind, in ms. */
  maxGapMs: number;
  /** True if a request may fail by it although the server can be reached. */
  isUncalm?: boolean;
  happen: (world: World, around: Surroundings) => void;
}

const INCIDENTS: Readonly<Record<string, Incident>> = {
  evictions: {
    maxGapMs: 20_000,
    happen: ({ everyObject }) => {
      for (const object of everyObject) object.evict();
    },
  },
  crashes: {
    maxGapMs: 60_000,
    happen: ({ everyObject }) => {
      for (const object of everyObject) object.crash();
    },
  },
  outages: { maxGapMs: 120_000, happen: stopStorage },
  isolateCrashes: { maxGapMs: 60_000, isUncalm: true, happen: ({ edge }) => edge.crash() },
  sleep: {
    maxGapMs: 120_000,
    happen: ({ random, scheduler }, { pages }) => {
      onSome(random, pages, (page) => {
        const wakesAt = scheduler.now + random.skewed(1000, 600_000);
        page.frozenUntil = Math.max(page.frozenUntil, wakesAt);
      });
    },
  },
  offline: {
    maxGapMs: 60_000,
    isUncalm: true,
    happen: (world, { pages }) => onSome(world.random, pages, (page) => goOffline(world, page)),
  },
  middleboxes: {
    maxGapMs: 20_000,
    happen: ({ random }, { pages, putMiddlebox }) => onSome(random, pages, putMiddlebox),
  },
  clocks: {
    maxGapMs: 60_000,
    happen: ({ random }, { pages }) => {
      onSome(random, pages, (page) => {
        page.clockOffset = random.skewed(0, 86_400_000) - random.skewed(0, 86_400_000);
      });
    },
  },
};

/** Incidents of one kind per simulation, about. */
const MAX_INCIDENTS = 60;

/** Schedules some kinds of incidents until the faults are over, in about `ms`. */
export function startIncidents(
  world: World,
  share: number,
  ms: number,
  surroundings: () => Surroundings,
): void {
  const host = new Host("incidents");
  const { faults, random, scheduler, trace } = world;
  for (const [kind, { maxGapMs, isUncalm = false, happen }] of Object.entries(INCIDENTS)) {
    if (!random.chance(share) || (faults.isCalm && isUncalm)) continue;
    const gapMs = Math.max(maxGapMs * random.pick([0.02, 0.1, 1]), (4 * ms) / MAX_INCIDENTS);
    const next = () => {
      if (faults.areOver) return;
      happen(world, surroundings());
      scheduler.after(random.skewed(50, gapMs), host, kind, next);
    };
    trace.add(`has ${kind}`);
    scheduler.after(random.skewed(50, gapMs), host, kind, next);
  }
}

/** The latest step after which a version is deployed. Most simulations have more steps than this. */
const MAX_DEPLOY_STEPS = [100, 500, 2000];
const MAX_DEPLOYS = 4;

/**
 * Deploys a version after some random steps: all objects restart, and lose their sockets. Requests
 * continue, as the previous version of the Worker serves them to their end.
 */
export function startDeploys(world: World): void {
  const { faults, random, scheduler, trace } = world;
  const latest = random.pick(MAX_DEPLOY_STEPS);
  const count = random.whole(1, MAX_DEPLOYS);
  const steps = new Set(Array.from({ length: count }, () => random.whole(1, latest)));
  scheduler.onStep(() => {
    if (faults.areOver || !steps.has(scheduler.steps)) return;
    trace.add("a version is deployed");
    for (const object of world.everyObject) object.crash();
  });
}

/** Brings all pages online, with nothing in front of them. Sleeping pages wake up at their own time. */
export function endIncidents({ scheduler }: World, pages: readonly Host[]): void {
  for (const page of pages) {
    page.middlebox = null;
    goOnline(scheduler, page);
  }
}

function onSome(random: Random, pages: readonly Host[], apply: (page: Host) => void): void {
  for (const page of pages) if (random.chance(0.5)) apply(page);
}

function stopStorage({ faults, random, scheduler }: World): void {
  faults.isStorageDown = true;
  scheduler.after(random.skewed(1000, 600_000), new Host("incidents"), "R2 is back", () => {
    faults.isStorageDown = false;
  });
}

function goOffline({ random, scheduler }: World, page: Host): void {
  if (page.isOffline) return;
  page.isOffline = true;
  page.disconnect(random.chance(0.5));
  scheduler.after(0, page, "goes offline", () => page.events.dispatchEvent(new Event("offline")));
  const onlineIn = random.skewed(100, 300_000);
  const host = new Host("incidents");
  scheduler.after(onlineIn, host, "ends an outage", () => goOnline(scheduler, page));
}

function goOnline(scheduler: World["scheduler"], page: Host): void {
  if (!page.isOffline) return;
  page.isOffline = false;
  scheduler.after(0, page, "goes online", () => page.events.dispatchEvent(new Event("online")));
}
