import { effect } from "@preact/signals";
import type { Grant, Source } from "../../client/index.ts";
import type { BatchResource, CreatedBatch, Metadata, Summary } from "../../protocol/index.ts";
import { UploadBox } from "../upload/upload-box.tsx";
import { type Upload, Uploads } from "../upload/uploads.ts";
import { dispatch } from "./events.ts";
import { ShadowElement } from "./shadow-element.tsx";
import { dispatchProgress } from "./dispatch-progress.ts";

/**
 * `<tallyman-uploader endpoint="https://…" grant="…" name="…">`: a place to drop files, and then how
 * far they are. Within a form it is a field whose value is the batch's id.
 */
export class TallymanUploader extends ShadowElement {
  static readonly formAssociated = true;
  readonly #internals = this.attachInternals();
  readonly #uploads = new Uploads(() => ({
    endpoint: this.endpoint,
    grant: () => this.#currentGrant(),
    ...(this.metadata && { metadata: this.metadata }),
  }));
  #grant: Grant | null = null;
  #stopEvents: (() => void) | null = null;

  /** What the operator's app wants to keep with the next batch. */
  metadata: Metadata | null = null;

  protected override get upgradableProperties(): readonly string[] {
    return ["endpoint", "grant", "metadata", "bytesPerSecond"];
  }

  /** Opens creating batches: a grant, or a function that gets one from your backend when it is needed. */
  get grant(): Grant | null {
    return this.#grant ?? this.getAttribute("grant");
  }

  set grant(grant: Grant | null) {
    this.#grant = grant;
  }

  /** The most to send, in bytes per second; null is as fast as it goes. */
  get bytesPerSecond(): number | null {
    return this.#uploads.bytesPerSecond.peek();
  }

  set bytesPerSecond(rate: number | null) {
    this.#uploads.bytesPerSecond.value = rate;
  }

  /** The batch's id, tokens, links and limits; null until it exists. */
  get created(): CreatedBatch | null {
    return this.#upload?.uploader.created ?? null;
  }

  /** The batch as last known; null before the first news. */
  get status(): BatchResource | null {
    return this.#upload?.uploader.batch ?? null;
  }

  /** How the batch ended; null while it has not. */
  get summary(): Summary | null {
    return this.#upload?.uploader.summary ?? null;
  }

  /** Is something still to be sent? */
  get running(): boolean {
    return this.#upload?.uploader.running ?? false;
  }

  /** Uploads files, or other sources of bytes: into the batch at hand, or into a new one if that is closed. */
  add(files: Iterable<File | Source>): void {
    void this.#uploads.addIncoming({ files: [...files], folders: [] });
  }

  /** Has the batch wait, on whatever device it is being sent from. */
  async pause(): Promise<void> {
    await this.#upload?.uploader.pause();
  }

  /** Goes on with a paused batch, whoever paused it. */
  async resume(): Promise<void> {
    await this.#upload?.uploader.resume();
  }

  /** Calls off the named files (ids), or the whole batch. */
  async cancel(files?: readonly number[]): Promise<void> {
    await this.#upload?.uploader.cancel(files);
  }

  /** Sends failed files again, all or the named ones (ids); or makes the batch that could not be made. */
  retry(files?: readonly number[]): void {
    if (this.#upload?.declarations.isStalled.peek() === true) this.#upload.declarations.retry();
    this.#upload?.uploader.retry(files);
  }

  /** Leaves the batch at hand, and is empty again. */
  clear(): void {
    this.#uploads.clear();
  }

  formResetCallback(): void {
    this.clear();
  }

  protected override start(): void {
    this.#stopEvents = effect(() => this.#follow(this.#uploads.current.value));
    this.show(<UploadBox uploads={this.#uploads} zone={this} />);
  }

  protected override end(): void {
    this.#stopEvents?.();
    this.clear();
  }

  get #upload(): Upload | null {
    return this.#uploads.current.peek();
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
