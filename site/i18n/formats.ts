/** Formats of one locale. */
export interface Formats {
  number(value: number): string;
  /** @param percent 0 to 100; rounded down, so that 100 % means that nothing is left */
  percent(percent: number): string;
  bytes(count: number): string;
  /** Like `bytes`, without a decimal that is 0. */
  byteLimit(count: number): string;
  /** @param bytesPerSecond smoothed speed */
  speed(bytesPerSecond: number): string;
  /** @param seconds rounded, and written in at most two units */
  duration(seconds: number): string;
  /** @param ms since 1970; written as a day of a year */
  date(ms: number): string;
  /** @param ms since 1970; written as a time of the day */
  time(ms: number): string;
  /**
   * A list of the first few names.
   *
   * @param more returns the text for the others, such as "and 2 more"
   * @param most names that are listed
   */
  some(names: readonly string[], more: (count: number) => string, most?: number): string;
}

const BYTE_UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** From megabytes on, amounts below 100 get a decimal. */
const MEGA = 2;

/** Names that fit in a sentence. */
export const SOME_NAMES = 3;
/** Accepted types that a sentence names: they are short, and a person needs them. */
export const SOME_TYPES = 6;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Returns the power of 1000 in which to write `count` bytes, 0 to 4. */
function magnitude(count: number): number {
  const power = Math.floor(Math.log10(Math.max(1, count)) / 3);
  return Math.min(power, BYTE_UNITS.length - 1);
}

function unitFormat(
  locale: string,
  unit: string,
  fraction = 0,
  leastFraction = fraction,
): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    // In English, the short form of bytes has no plural ("999 byte").
    unitDisplay: unit.startsWith("byte") ? "long" : "short",
    minimumFractionDigits: leastFraction,
    maximumFractionDigits: fraction,
  });
}

/** @param leastFraction 1 for a running total, which keeps its width at round values */
function byteFormat(locale: string, suffix: string, leastFraction = 1): (count: number) => string {
  const whole = BYTE_UNITS.map((unit) => unitFormat(locale, unit + suffix));
  const tenths = BYTE_UNITS.map((unit) => unitFormat(locale, unit + suffix, 1, leastFraction));
  return (count) => {
    const power = magnitude(count);
    const value = count / 1000 ** power;
    const formats = power >= MEGA && value < 100 ? tenths : whole;
    return formats[power]?.format(value) ?? "";
  };
}

function durationFormat(locale: string): (seconds: number) => string {
  const second = unitFormat(locale, "second");
  const minute = unitFormat(locale, "minute");
  const hour = unitFormat(locale, "hour");
  const joined = new Intl.ListFormat(locale, { type: "unit", style: "narrow" });
  return (exact) => {
    const seconds = Math.round(exact);
    const minutes = Math.floor(seconds / MINUTE);
    if (seconds < MINUTE) return second.format(seconds);
    if (seconds < HOUR) return joinTwo(joined, minute.format(minutes), second, seconds % MINUTE);
    return joinTwo(joined, hour.format(Math.floor(minutes / MINUTE)), minute, minutes % MINUTE);
  };
}

function joinTwo(
  list: Intl.ListFormat,
  first: string,
  unit: Intl.NumberFormat,
  rest: number,
): string {
  return rest === 0 ? first : list.format([first, unit.format(rest)]);
}

/** Creates all formatters once, as creating one costs far more than using it. */
export function formatsFor(locale: string): Formats {
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const list = new Intl.ListFormat(locale, { type: "unit", style: "short" });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  return {
    number: (value) => number.format(value),
    percent: (value) => percent.format(Math.floor(value) / 100),
    bytes: byteFormat(locale, ""),
    byteLimit: byteFormat(locale, "", 0),
    speed: byteFormat(locale, "-per-second"),
    duration: durationFormat(locale),
    date: (ms) => date.format(ms),
    time: (ms) => time.format(ms),
    some: (names, more, most = SOME_NAMES) => {
      const others = names.length - most;
      return list.format(others > 0 ? [...names.slice(0, most), more(others)] : names);
    },
  };
}
