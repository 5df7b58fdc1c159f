/**
 * Documented rules of the platform that its local simulation leaves out, or that only a test can
 * provoke, each with the documentation's sentence. Everything that stands in for the platform takes
 * its figures from here:
 *
 * - `write-limit.ts` and `strict-bucket.ts`: R2 for the tests in workerd, and for servers that tests
 *   start with `STRICT_PLATFORM=1`.
 * - `faulty-bucket.ts`: R2 with chosen errors.
 * - `test/simulation/platform/`: R2, Durable Objects and the edge in simulated time.
 *
 * Rules without a figure, which the simulation follows:
 *
 * - R2, https://developers.cloudflare.com/r2/reference/consistency: "Read-after-write", "Deletion" and
 *   "Object listing" are each "Strongly consistent". `head`, `get` and `list` see an object as soon as a
 *   call has stored it, even if that call's response is lost.
 * - S3, https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html: "If you upload a new part
 *   using the same part number that was used with a previous part, the previously uploaded part is
 *   overwritten." R2's error 10025: "use the exact ETag returned from `UploadPart`". So a completion
 *   with the etag of an overwritten part fails.
 * - R2, https://developers.cloudflare.com/r2/api/error-codes: 10069, "Object is protected by a bucket lock
 *   rule and cannot be modified or deleted.", and 10024, "Multipart upload does not exist or was
 *   aborted.", which an upload that was completed responds as well.
 * - Durable Objects, https://developers.cloudflare.com/durable-objects/platform/known-issues: "a request
 *   arrives to the latest version of your Worker (running in one part of the world), which then calls
 *   to a unique Durable Object running the previous version of your code for a short period of time
 *   (typically seconds to minutes)". And …/durable-objects/deployments/durable-objects-code-updates:
 *   "If it is still active when max_delay is reached (86400 seconds maximum), the object resets and
 *   adopts the new code." Its memory, its calls in progress and its WebSockets end with it; requests
 *   that the Worker has accepted before continue.
 */

/**
 * R2, https://developers.cloudflare.com/r2/platform/limits: "Maximum concurrent writes to the same
 * object name (key): 1 per second", and "Concurrent writes to the same object name (key) at a higher
 * rate will cause you to see HTTP 429 (rate limited) responses". It doesn't say which calls are writes:
 * `put` and `complete` are, as they replace the object; a deletion or the creation of a multipart
 * upload may be. Error 10058: "Rate limit exceeded. Often caused by multiple concurrent requests to the
 * same object key (limit: 1 write/second per key)."
 */
export const WRITE_INTERVAL_MS = 1000;

/**
 * R2, https://developers.cloudflare.com/r2/api/error-codes: 10001, "An internal error occurred. Retry
 * the request.", and 10043, "Service is temporarily unavailable. Retry with exponential backoff."
 * Neither says that the call had no effect: an object may be stored, or a multipart upload completed,
 * though the call throws. 0 is a code that the page doesn't list.
 */
export const UNCERTAIN_FAILURES = ["internal", "unavailable", "unspecified"] as const;

/**
 * S3, whose multipart uploads R2 supports,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html: "Processing of a
 * CompleteMultipartUpload request could take several minutes to finalize."
 *
 * While it lasts, another call may complete or abort the same upload (R2's Workers API reference: "A
 * multipart upload can be completed or aborted at any time, either through the S3 API, or by a parallel
 * invocation of your Worker."). Then one of them gets 10024: "Multipart upload does not exist or was
 * aborted."
 */
export const SLOWEST_COMPLETION_MS = 3 * 60_000;

/**
 * R2, https://developers.cloudflare.com/r2/buckets/object-lifecycles: "Buckets have a default lifecycle
 * rule to expire multipart uploads seven days after initiation." Operators set more days:
 * docs/operating.md has the command.
 */
export const MULTIPART_DAYS = 30;

/**
 * Durable Objects, https://developers.cloudflare.com/durable-objects/best-practices/automatic-retries:
 * "By default, the runtime makes up to five attempts in total, which is the first attempt plus four
 * retries. No retry starts more than 10 seconds after the first attempt", and "A method never runs
 * twice because of a retry, unless you mark it with retryable()."
 */
export const CALL_RETRIES = { attempts: 5, latestMs: 10_000 };

/**
 * Durable Objects, https://developers.cloudflare.com/durable-objects/api/alarms: "Alarms have
 * guaranteed at-least-once execution and are retried automatically when the alarm() handler throws.
 * Retries are performed using exponential backoff starting at a 2 second delay from the first failure
 * with up to 6 retries allowed", and "alarm operations follow the same rules as other storage
 * operations": a transaction that is rolled back undoes its `setAlarm`.
 */
export const ALARM_RETRIES = { retries: 6, firstMs: 2000 };

/**
 * Workers, https://developers.cloudflare.com/workers/platform/limits: "When the client disconnects, all
 * tasks associated with that client's request are canceled. Use event.waitUntil() to delay cancellation
 * for another 30 seconds or until the promise passed to waitUntil() completes."
 */
export const WAIT_UNTIL_MS = 30_000;
