import { effect, untracked } from "@preact/signals";
import type { Grant, Source } from "../../client/index.ts";
import type { BatchResource, CreatedBatch, Metadata, Summary } from "../../protocol/index.ts";
import { cancelUpload } from "../upload/cancel-upload.ts";
import { finishWithoutFailed, retryFailed } from "../upload/failed-uploads.ts";
import type { Upload } from "../upload/uploads.ts";
import { dispatchProgress } from "./dispatch-progress.ts";
import { dispatch, dispatchLoadProblem } from "./events.ts";
import { LazyUploads } from "./lazy-uploads.ts";
import { loadState } from "./load-batch-module.ts";
import { ShadowElement } from "./shadow-element.tsx";
import { UploaderView } from "./uploader-view.tsx";

/** Events after which files are likely to follow. */
const INTENT = ["pointerover", "focusin", "dragenter"] as const;

/**
 * `<tallyman-uploader endpoint="https://…" grant="…" name="…">`: a place to drop files, then their
 * progress. In a form, it is a field whose value is the batch's id.
 */
export class TallymanUploader extends ShadowElement {
  static readonly formAssociated = true;
  static readonly observedAttributes = ["endpoint", "grant"];
  readonly #internals = this.attachInternals();
  readonly #uploads = new LazyUploads(() => ({
    endpoint: this.endpoint,
    grant: () => this.#currentGrant(),
    ...(this.metadata && { metadata: this.metadata }),
  }));
  #grant: Grant | null = null;
  #stopEvents: readonly (() => void)[] = [];

  /** The app's own data, stored with the next batch. */
  metadata: Metadata | null = null;

  constructor() {
    super();
    for (const name of INTENT) {
      this.addEventListener(name, () => void this.#uploads.prepare(), {
        once: true,
        passive: true,
      });
    }
  }

  protected override get upgradableProperties(): readonly string[] {
    return ["endpoint", "grant", "metadata", "bytesPerSecond"];
  }

  /** Allows creating batches: a grant, or a function that gets one from your backend when needed. */
  get grant(): Grant | null {
    return this.#grant ?? this.getAttribute("grant");
  }

  set grant(grant: Grant | null) {
    this.#grant = grant;
    this.#uploads.renewLimits();
  }

  attributeChangedCallback(): void {
    this.#uploads.renewLimits();
  }

  /** The bandwidth limit in bytes per second; null is none. */
  get bytesPerSecond(): number | null {
    return this.#uploads.bytesPerSecond;
  }

  set bytesPerSecond(rate: number | null) {
    this.#uploads.bytesPerSecond = rate;
  }

  /** The batch's id, tokens, links and limits; null until the batch is created. */
  get created(): CreatedBatch | null {
    return this.#uploads.current?.uploader.created ?? null;
  }

  /** The batch as last received; null before that. */
  get status(): BatchResource | null {
    return this.#uploads.current?.uploader.batch ?? null;
  }

  /** The summary of a completed batch; null until then. */
  get summary(): Summary | null {
    return this.#uploads.current?.uploader.summary ?? null;
  }

  /** True once the batch is cancelled, also before it is created. */
  get cancelled(): boolean {
    return this.#uploads.current?.uploader.cancelled ?? false;
  }

  /** True if files are still to be sent. */
  get running(): boolean {
    return this.#uploads.running;
  }

  /** Uploads files or other sources: into the current batch, or a new one if that is sealed. */
  add(files: Iterable<File | Source>): void {
    this.#uploads.addIncoming({ files: [...files], folders: [] });
  }

  /** Pauses the batch on all devices that send it. */
  async pause(): Promise<void> {
    const upload = await this.#uploads.settled();
    await upload?.uploader.pause();
  }

  /** Resumes a paused batch, from whichever device it was paused. */
  async resume(): Promise<void> {
    const upload = await this.#uploads.settled();
    await upload?.uploader.resume();
  }

  /**
   * Cancels files that are not stored yet.
   * @param files their ids; all of the batch's by default
   */
  async cancel(files?: readonly number[]): Promise<void> {
    const upload = await this.#uploads.settled();
    await (upload && files === undefined ? cancelUpload(upload) : upload?.uploader.cancel(files));
  }

  /** Cancels the failed files that keep the batch open, so that it ends without them. */
  async cancelFailed(): Promise<void> {
    const upload = await this.#uploads.settled();
    if (upload) await finishWithoutFailed(upload);
  }

  /**
   * Retries failed files. Retries loading this element's code or creating the batch if that failed.
   * @param files their ids; all of the batch's by default
   */
  async retry(files?: readonly number[]): Promise<void> {
    const upload = await this.#uploads.settled();
    if (upload) retryFailed(upload, files);
  }

  /** Leaves the current batch and shows the empty box. */
  clear(): void {
    this.#uploads.clear();
  }

  formResetCallback(): void {
    this.clear();
  }

  protected override start(): void {
    this.#stopEvents = [
      effect(() => this.#follow(this.#uploads.loaded.value?.uploads.current.value ?? null)),
      effect(() => {
        const isWaiting = this.#uploads.waiting.value.length > 0;
        if (isWaiting && loadState.value === "failed") untracked(() => dispatchLoadProblem(this));
      }),
    ];
    this.show(<UploaderView uploads={this.#uploads} zone={this} />);
  }

  protected override end(): void {
    for (const stop of this.#stopEvents) stop();
    this.clear();
  }

  #currentGrant(): string | undefined | Promise<string | undefined> {
    const { grant } = this;
    return typeof grant === "function" ? grant() : (grant ?? undefined);
  }

  #follow(upload: Upload | null): (() => void) | undefined {
    this.#internals.setFormValue(null);
    if (upload === null) return;
    const off = [dispatchProgress(this, upload.board), this.#dispatchCreated(upload)];
    return () => {
      for (const end of off) end();
    };
  }

  #dispatchCreated({ uploader }: Upload): () => void {
    return uploader.on("files", ({ first }) => {
      const { created } = uploader;
      if (created === null || first !== created.firstFile) return;
      this.#internals.setFormValue(created.id);
      dispatch(this, "tallyman:created", created);
    });
  }
}
