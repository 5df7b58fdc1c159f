/** Figures that a page reads from its own state or markup. */
interface ProbedPage {
  /** Files in the list; 0 until a row is shown. */
  listed: () => number;
  /** Files that are shown as stored. */
  confirmed: () => number;
  /** Value of the overall bar, 0 to 100; undefined if there is no bar. */
  bar: () => number | string | null | undefined;
}

/** Figures of one upload. Times are in ms from the drop or pick; null means never. */
export interface Measurement {
  /** Time of this report. */
  atMs: number;
  /** Until the first row was on screen. */
  firstRowMs: number | null;
  /** Until the list had all files. */
  listedMs: number | null;
  /** Until every file was confirmed. */
  doneMs: number | null;
  /** True some frames after that, in which the bar moves to its end. */
  isOver: boolean;
  confirmed: number;
  /** Duration of each task of the main thread over 50 ms. */
  longTasks: number[];
  /** Gaps between the frames since the previous report, as sending all of them again takes long. */
  gaps: number[];
  /** Highest number of elements in the page. */
  elements: number;
  /** Largest steps of the overall bar, forward and back, in points of 100; null without a bar. */
  step: number | null;
  stepBack: number | null;
}

declare global {
  var probedPage: ProbedPage | undefined;
  var reportMeasurement: ((measurement: Measurement) => Promise<void>) | undefined;
}

/**
 * Runs in the page before its own scripts. Measures once per frame from the drop or pick on, and reports twice
 * a second.
 *
 * @param files number of files that will be added
 */
export function probe(files: number): void {
  const REPORT_MS = 500;
  const LAST_MOVES_MS = 500;
  const measurement: Measurement = {
    atMs: 0,
    firstRowMs: null,
    listedMs: null,
    doneMs: null,
    isOver: false,
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

  const measureBar = (value: number): void => {
    if (Number.isNaN(value)) return;
    // Two decimals: the rest is rounding.
    const by = Math.round((value - (barAt ?? value)) * 100) / 100;
    measurement.step = Math.max(measurement.step ?? 0, by);
    measurement.stepBack = Math.max(measurement.stepBack ?? 0, -by);
    barAt = value;
  };

  const recordTime = (key: "firstRowMs" | "listedMs" | "doneMs", isReached: boolean): void => {
    if (isReached) measurement[key] ??= performance.now() - droppedAt;
  };

  const measure = ({ listed, confirmed, bar }: ProbedPage): void => {
    const count = listed();
    measurement.confirmed = confirmed();
    measureBar(Number(bar() ?? Number.NaN));
    recordTime("firstRowMs", count > 0);
    recordTime("listedMs", count >= files);
    recordTime("doneMs", measurement.confirmed >= files);
  };

  const report = (now: number): void => {
    reportedAt = now;
    measurement.atMs = performance.now() - droppedAt;
    measurement.elements = Math.max(measurement.elements, elements.length);
    void globalThis.reportMeasurement?.(measurement);
    measurement.gaps = [];
  };

  /** Measures after the frame is drawn, with what the page changed in its own callbacks. */
  const afterFrame = (now: number): void => {
    if (globalThis.probedPage !== undefined) measure(globalThis.probedPage);
    const { doneMs } = measurement;
    measurement.isOver = doneMs !== null && now - droppedAt > doneMs + LAST_MOVES_MS;
    if (now - reportedAt > REPORT_MS || measurement.isOver) report(now);
  };

  const onFrame = (now: number): void => {
    if (!Number.isNaN(frameAt) && isRunning()) measurement.gaps.push(now - frameAt);
    frameAt = now;
    setTimeout(afterFrame, 0, now);
    if (!measurement.isOver) requestAnimationFrame(onFrame);
  };

  const begin = ({ timeStamp }: Event): void => {
    droppedAt = timeStamp;
    watchTasks();
    requestAnimationFrame(onFrame);
  };
  for (const name of ["drop", "change"]) {
    addEventListener(name, begin, { capture: true, once: true });
  }
}

/** Runs in Tallyman's page. Reads the figures from its markup: the page has no code for the bench. */
export function describeTallyman(): void {
  globalThis.probedPage = {
    listed: () =>
      document.querySelector("[role=row]")
        ? Number(document.querySelector("[role=grid]")?.getAttribute("aria-rowcount"))
        : 0,
    confirmed: () =>
      Number(document.querySelector(".stored-count")?.textContent.replaceAll(/\D/gu, "") ?? 0),
    // As it is drawn: between two values, it moves by a transition.
    bar: () => {
      const bar = document.querySelector(".bar-stored");
      return bar && 100 * new DOMMatrix(getComputedStyle(bar).transform).a;
    },
  };
}
