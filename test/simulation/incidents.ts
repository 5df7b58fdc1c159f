import { Host } from "./time/host.ts";

import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What befalls not one request but whoever is there, now and then. */
interface Incident {
  /** The longest time between two of it, in ms. */
  maxGapMs: number;
  happen: (world: World, pages: readonly Host[]) => void;
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
  deploys: { maxGapMs: 60_000, happen: ({ edge }) => edge.crash() },
  sleep: {
    maxGapMs: 120_000,
    happen: ({ random, scheduler }, pages) => {
      onSome(random, pages, (page) => {
        const wakes = scheduler.now + random.skewed(1000, 600_000);
        page.frozenUntil = Math.max(page.frozenUntil, wakes);
      });
    },
  },
  offline: {
    maxGapMs: 60_000,
    happen: (world, pages) => onSome(world.random, pages, (page) => goOffline(world, page)),
  },
  clocks: {
    maxGapMs: 60_000,
    happen: ({ random }, pages) => {
      onSome(random, pages, (page) => {
        page.clockOffset = random.skewed(0, 86_400_000) - random.skewed(0, 86_400_000);
      });
    },
  },
};

/** How often one kind of weather strikes at most, about: often enough for anything to happen. */
const MAX_INCIDENTS = 60;

/** Lets some kinds of weather strike until the world is calm, about `ms` from now. */
export function startIncidents(
  world: World,
  share: number,
  ms: number,
  pages: () => readonly Host[],
): void {
  const sky = new Host("weather");
  const { faults, random, scheduler, trace } = world;
  for (const [kind, { maxGapMs: longest, happen: strike }] of Object.entries(INCIDENTS)) {
    if (!random.chance(share)) continue;
    const most = Math.max(longest * random.pick([0.02, 0.1, 1]), (4 * ms) / MAX_INCIDENTS);
    const next = () => {
      if (faults.areOver) return;
      strike(world, pages());
      scheduler.after(random.skewed(50, most), sky, kind, next);
    };
    trace.add(`has ${kind}`);
    scheduler.after(random.skewed(50, most), sky, kind, next);
  }
}

/** The network is there again; whoever sleeps wakes up by and by. */
export function endIncidents({ scheduler }: World, pages: readonly Host[]): void {
  for (const page of pages) comeOnline(scheduler, page);
}

function onSome(random: Random, pages: readonly Host[], strike: (page: Host) => void): void {
  for (const page of pages) if (random.chance(0.5)) strike(page);
}

function stopStorage({ faults, random, scheduler }: World): void {
  faults.isStorageDown = true;
  scheduler.after(random.skewed(1000, 600_000), new Host("weather"), "R2 is back", () => {
    faults.isStorageDown = false;
  });
}

function goOffline({ random, scheduler }: World, page: Host): void {
  if (page.isOffline) return;
  page.isOffline = true;
  page.disconnect(random.chance(0.5));
  scheduler.after(0, page, "goes offline", () => page.events.dispatchEvent(new Event("offline")));
  const back = random.skewed(100, 300_000);
  scheduler.after(back, new Host("weather"), "is over", () => comeOnline(scheduler, page));
}

function comeOnline(scheduler: World["scheduler"], page: Host): void {
  if (!page.isOffline) return;
  page.isOffline = false;
  scheduler.after(0, page, "is online", () => page.events.dispatchEvent(new Event("online")));
}
