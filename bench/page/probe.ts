/** What a page's own script tells of it. */
interface ProbedPage {
  /** Files that its list has, none before there is a row of one. */
  listed: () => number;
  /** Files that it shows as stored. */
  confirmed: () => number;
  /** The overall bar, 0 to 100; undefined where there is none. */
  bar: () => string | null | undefined;
}

/** What was seen of one upload. Times are milliseconds from the drop; null is never. */
export interface Measurement {
  /** When this was so. */
  atMs: number;
  /** Until a first row was on the screen. */
  firstRowMs: number | null;
  /** Until the list had every file. */
  listedMs: number | null;
  /** Until every file was confirmed. */
  doneMs: number | null;
  confirmed: number;
  /** Main-thread time in tasks over 50 ms, of each of them. */
  longTasks: number[];
  /** Between the frames since the report before: all of them, each time, would take their time. */
  gaps: number[];
  /** The most elements that the page had. */
  elements: number;
  /** Largest steps of the overall bar, forward and back, in points of a hundred; null without a bar. */
  step: number | null;
  stepBack: number | null;
}

declare global {
  var subject: ProbedPage | undefined;
  var reportMeasurement: ((measurement: Measurement) => Promise<void>) | undefined;
}

/**
 * Runs in the page, before its own scripts: looks at it once a frame from the drop on, and reports
 * twice a second.
 *
 * @param files how many will be dropped
 */
export function probe(files: number): void {
  const LOOK_MS = 500;
  const measurement: Measurement = {
    atMs: 0,
    firstRowMs: null,
    listedMs: null,
    doneMs: null,
    confirmed: 0,
    longTasks: [],
    gaps: [],
    elements: 0,
    step: null,
    stepBack: null,
  };
  const elements = document.getElementsByTagName("*");
  let droppedAt = Number.NaN;
  let frameAt = Number.NaN;
  let reportedAt = 0;
  let barAt: number | null = null;

  const isRunning = (): boolean => measurement.doneMs === null;

  const watchTasks = (): void => {
    const tasks = new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        if (startTime + duration > droppedAt && isRunning()) measurement.longTasks.push(duration);
      }
    });
    tasks.observe({ type: "longtask" });
  };

  const lookAtBar = (value: number): void => {
    if (Number.isNaN(value)) return;
    // Two decimals, as the bar has.
    const by = Math.round((value - (barAt ?? value)) * 100) / 100;
    measurement.step = Math.max(measurement.step ?? 0, by);
    measurement.stepBack = Math.max(measurement.stepBack ?? 0, -by);
    barAt = value;
  };

  /** After the frame that is about to be drawn. */
  const note = (key: "firstRowMs" | "listedMs" | "doneMs", isSo: boolean): void => {
    if (!isSo || measurement[key] !== null) return;
    setTimeout(() => (measurement[key] ??= performance.now() - droppedAt));
  };

  const lookAt = ({ listed, confirmed, bar }: ProbedPage): void => {
    const count = listed();
    measurement.confirmed = confirmed();
    lookAtBar(Number(bar() ?? Number.NaN));
    note("firstRowMs", count > 0);
    note("listedMs", count >= files);
    note("doneMs", measurement.confirmed >= files);
  };

  const report = (now: number): void => {
    reportedAt = now;
    measurement.atMs = performance.now() - droppedAt;
    measurement.elements = Math.max(measurement.elements, elements.length);
    void globalThis.reportMeasurement?.(measurement);
    measurement.gaps = [];
  };

  const look = (now: number): void => {
    if (!Number.isNaN(frameAt)) measurement.gaps.push(now - frameAt);
    frameAt = now;
    if (globalThis.subject !== undefined) lookAt(globalThis.subject);
    if (now - reportedAt > LOOK_MS || !isRunning()) report(now);
    if (isRunning()) requestAnimationFrame(look);
  };

  const begin = ({ timeStamp }: Event): void => {
    droppedAt = timeStamp;
    watchTasks();
    requestAnimationFrame(look);
  };
  addEventListener("drop", begin, { capture: true, once: true });
}

/** Runs in Tallyman's page: what its own markup says, since nothing of it is made for the bench. */
export function describeTallyman(): void {
  globalThis.subject = {
    listed: () =>
      document.querySelector("[role=row]")
        ? Number(document.querySelector("[role=grid]")?.getAttribute("aria-rowcount"))
        : 0,
    confirmed: () =>
      Number(document.querySelector(".stored-count")?.textContent.replaceAll(/\D/gu, "") ?? 0),
    bar: () => document.querySelector(".overall [role=progressbar]")?.getAttribute("aria-valuenow"),
  };
}
