const LEFT_WHOLE = "a file whose parts were all there, back in the queue, was never put together";
const DELETED = "of two requests that sent a file, the second deleted what the first had stored";
const UNSEALED = "a batch stayed open, as all tries of the call that seals it had failed";
const UNDECLARED = "files were sent by nobody, as the answer to their declaration was lost";
const DECLARED_LATE =
  "the declaration of a page that was closed came after that of the page that came back";
const ELSEWHERE = "a page went to send files whose content only another page had";
const UNTAKEN =
  "a large file that had failed was not taken up by its first part, and then forgotten";
const UNLOADED = "a watcher whose list could not be loaded never tried again";
const UNENDED = "a batch did not come to its end";
const LEFT_OPEN = "a multipart upload was left open";

/**
 * Every seed whose life once went wrong, and what it found. The lives of these seeds change with the
 * simulation, and with all that it runs: what they found has tests of its own as well.
 */
export const KNOWN_SEEDS: readonly { seed: number; found: string }[] = [
  { seed: 62, found: UNENDED },
  { seed: 92, found: LEFT_WHOLE },
  { seed: 262, found: ELSEWHERE },
  { seed: 281, found: ELSEWHERE },
  { seed: 494, found: UNENDED },
  { seed: 807, found: UNDECLARED },
  { seed: 1009, found: UNENDED },
  { seed: 1776, found: UNTAKEN },
  { seed: 3002, found: LEFT_WHOLE },
  { seed: 3093, found: LEFT_WHOLE },
  { seed: 11_002, found: DELETED },
  { seed: 11_439, found: UNTAKEN },
  { seed: 12_457, found: UNTAKEN },
  { seed: 12_815, found: DELETED },
  { seed: 12_839, found: UNTAKEN },
  { seed: 20_143, found: UNSEALED },
  { seed: 22_148, found: UNLOADED },
  { seed: 22_423, found: DELETED },
  { seed: 22_427, found: DELETED },
  { seed: 22_455, found: LEFT_OPEN },
  { seed: 30_101, found: UNDECLARED },
  { seed: 40_610, found: LEFT_WHOLE },
  { seed: 53_299, found: UNSEALED },
  { seed: 881_037, found: "a part that came when its file had just failed was never counted" },
  { seed: 996_894, found: LEFT_OPEN },
  { seed: 3_002_751, found: DECLARED_LATE },
  { seed: 2_593_165_453, found: DECLARED_LATE },
  { seed: 2_823_044_000, found: LEFT_WHOLE },
];
