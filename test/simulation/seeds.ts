const NOT_ASSEMBLED = "a queued file with all of its parts stored was never completed";
const DELETED = "the second of two requests for a file deleted the object of the first";
const UNSEALED = "a batch stayed open after all attempts to seal it had failed";
const UNDECLARED = "files were never sent, as the response to their declaration was lost";
const DECLARED_LATE =
  "the declaration of a closed page arrived after that of the page that resumed the batch";
const ELSEWHERE = "a page tried to send files whose contents only another page had";
const NOT_RETRIED =
  "the first part of a failed large file did not retry it, and then was forgotten";
const NOT_LOADED = "a watcher whose file list failed to load never tried again";
const UNENDED = "a batch did not end";
const LATE_OBJECT =
  "the object of a cancelled file stayed, as its request had ended before R2 stored it";
const REPORTED = "a request got an error of R2 for a file that another one had completed";
const TWO_BODIES = "quota was reserved for one body of a key, and another one created the batch";
const LEFT_OPEN = "a multipart upload was left open";

/**
 * The seeds that have found a bug. A seed's simulation changes with the code, so each bug has a test
 * of its own as well.
 */
export const KNOWN_SEEDS: readonly { seed: number; found: string }[] = [
  { seed: 62, found: UNENDED },
  { seed: 65, found: REPORTED },
  { seed: 92, found: NOT_ASSEMBLED },
  { seed: 105, found: LATE_OBJECT },
  { seed: 206, found: REPORTED },
  { seed: 262, found: ELSEWHERE },
  { seed: 281, found: ELSEWHERE },
  { seed: 494, found: UNENDED },
  { seed: 659, found: LATE_OBJECT },
  { seed: 807, found: UNDECLARED },
  { seed: 1009, found: UNENDED },
  { seed: 1281, found: "damaged bytes failed a file whose parts were all stored" },
  { seed: 1776, found: NOT_RETRIED },
  { seed: 3002, found: NOT_ASSEMBLED },
  { seed: 3093, found: NOT_ASSEMBLED },
  { seed: 11_002, found: DELETED },
  { seed: 11_439, found: NOT_RETRIED },
  { seed: 12_457, found: NOT_RETRIED },
  { seed: 12_815, found: DELETED },
  { seed: 12_839, found: NOT_RETRIED },
  { seed: 20_143, found: UNSEALED },
  { seed: 22_148, found: NOT_LOADED },
  { seed: 22_423, found: DELETED },
  { seed: 22_427, found: DELETED },
  { seed: 22_455, found: LEFT_OPEN },
  { seed: 30_101, found: UNDECLARED },
  { seed: 40_610, found: NOT_ASSEMBLED },
  { seed: 53_299, found: UNSEALED },
  { seed: 881_037, found: "a part that arrived just after its file had failed was never counted" },
  { seed: 996_894, found: LEFT_OPEN },
  { seed: 3_002_751, found: DECLARED_LATE },
  { seed: 987_591_898, found: REPORTED },
  { seed: 2_369_075_216, found: REPORTED },
  { seed: 2_593_165_453, found: DECLARED_LATE },
  { seed: 2_823_044_000, found: NOT_ASSEMBLED },
];

/** The same for attacks on quotas. */
export const KNOWN_ATTACKS: readonly { seed: number; found: string }[] = [
  { seed: 1047, found: TWO_BODIES },
  { seed: 1095, found: TWO_BODIES },
  { seed: 1163, found: "a batch that could not be reached was created without quota" },
];
