/** A bundle should take about this long, in ms: a pause, or a lost connection, then costs little. */
const BUNDLE_MS = 1000;
/** Share of the latest bundle in the averages. */
const LATEST_SHARE = 0.2;
/** Weights that differ by less, as a share of their average, don't tell how the time depends on them. */
const LEAST_SPREAD = 0.1;
/** The time that doesn't depend on the files is at most this share of a bundle's. */
const MOST_FIXED_SHARE = 0.75;
/** Most that a bundle may be larger than the average. */
const MOST_GROWTH = 4;

/**
 * The time that bundles take: a fixed part, such as the way to the server and back, and a part that grows
 * with their weight. Without the fixed part, bundles to a distant server would be far too small.
 */
export class BundleTime {
  #weight = 0;
  #ms = 0;
  #variance = 0;
  #covariance = 0;
  /** Time per weight by the latest bundles that told it. */
  #slope = 0;
  #isEmpty = true;

  /** Records a bundle, or a small file of its own. */
  add(weight: number, ms: number): void {
    if (this.#isEmpty) [this.#weight, this.#ms, this.#isEmpty] = [weight, ms, false];
    const [more, longer] = [weight - this.#weight, ms - this.#ms];
    const kept = 1 - LATEST_SHARE;
    this.#variance = kept * (this.#variance + LATEST_SHARE * more * more);
    this.#covariance = kept * (this.#covariance + LATEST_SHARE * more * longer);
    this.#weight += LATEST_SHARE * more;
    this.#ms += LATEST_SHARE * longer;
    const isSpread = this.#variance > (LEAST_SPREAD * this.#weight) ** 2;
    if (isSpread) this.#slope = this.#covariance / this.#variance;
  }

  /** Returns the weight of a bundle that takes about a second. Half of the time or more is for its files. */
  get idealWeight(): number {
    if (this.#isEmpty) return 0;
    const fixedMs = this.#ms - this.#msPerWeight * this.#weight;
    const ms = Math.max(BUNDLE_MS - fixedMs, Math.min(BUNDLE_MS, fixedMs));
    return Math.min(ms / this.#msPerWeight, MOST_GROWTH * this.#weight);
  }

  /** Linear regression, within bounds: the time also depends on other requests and on chance. */
  get #msPerWeight(): number {
    const average = this.#ms / this.#weight;
    return Math.min(average, Math.max(this.#slope, (1 - MOST_FIXED_SHARE) * average));
  }
}
