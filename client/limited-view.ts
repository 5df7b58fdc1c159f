import { TokenBucket } from "./send/bandwidth.ts";
import { View } from "./view.ts";

/** A view whose requests share a bandwidth limit. */
export class LimitedView extends View {
  protected readonly bandwidth = new TokenBucket();

  /**
   * Bandwidth limit in bytes per second, shared by all requests; null is unlimited. Can be changed at
   * any time.
   *
   * In Node the limit is met to a few per cent over a few seconds. Browsers send a request at full
   * speed once it has started, so requests start later instead: over any time, the limit is exceeded
   * by one request at most (a second's worth of small files, or one part of `limits.partBytes`).
   *
   * @throws RangeError unless the rate is above zero, or null
   */
  get bytesPerSecond(): number | null {
    return this.bandwidth.bytesPerSecond;
  }

  set bytesPerSecond(rate: number | null) {
    this.bandwidth.bytesPerSecond = rate;
  }
}
