import type { BatchResource, DeclaredFiles, Row } from "../../protocol/index.ts";
import type {
  Admission,
  Result,
  Batch,
  BatchMethod,
  BatchEvent,
  FileDetails,
  FileListQuery,
  NewBatch,
  NewFiles,
  PartAdmission,
  RecordedPart,
  FileEvent,
  SingleFileDetails,
  StoredFile,
  StoredPart,
} from "../../durable-objects/index.ts";
import { ProblemError } from "../http/problem.ts";

/**
 * A stub of the Batch. The platform's own type of one turns tuples, such as rows, into arrays of
 * anything in them, which is not what it does to the values.
 */
type RemoteBatch = Pick<DurableObjectStub, "fetch"> & {
  [M in BatchMethod]: (...args: Parameters<Batch[M]>) => Promise<Awaited<ReturnType<Batch[M]>>>;
};

/** One batch's Durable Object, as the Worker calls it. What it refuses is thrown as a ProblemError. */
export class BatchClient {
  readonly id: string;
  readonly #env: Env;
  readonly #calls: { count: number };
  readonly #address: string | null;

  /**
   * @param calls where each call is counted: they are what a request costs the batch
   * @param address where the client is, if that is known: the batch counts its watchers by it
   */
  constructor(env: Env, id: string, calls: { count: number }, address: string | null = null) {
    this.#env = env;
    this.id = id;
    this.#calls = calls;
    this.#address = address;
  }

  async create(batch: Omit<NewBatch, "id">): Promise<BatchResource> {
    return this.#stub().create({ ...batch, id: this.id });
  }

  async declare(files: NewFiles): Promise<DeclaredFiles> {
    return valueOf(await this.#stub().declare(files));
  }

  async seal(): Promise<BatchResource> {
    return valueOf(await this.#stub().seal());
  }

  async setPaused(paused: boolean): Promise<BatchResource> {
    return valueOf(await this.#stub().setPaused(paused));
  }

  async cancel(): Promise<BatchResource> {
    return valueOf(await this.#stub().cancel());
  }

  async retry(files: number[] | null): Promise<BatchResource> {
    return valueOf(await this.#stub().retry(files));
  }

  async cancelFile(id: number): Promise<SingleFileDetails> {
    return valueOf(await this.#stub().cancelFile(id));
  }

  /** @returns what its owner is to be told, and where its objects lie */
  async delete(): Promise<{ event: BatchEvent; folder: string }> {
    return valueOf(await this.#stub().delete());
  }

  async status(): Promise<BatchResource> {
    return valueOf(await this.#stub().status());
  }

  async list(
    query: FileListQuery,
  ): Promise<{ rev: number; files: FileDetails[]; next: number | null }> {
    return valueOf(await this.#stub().list(query));
  }

  async file(id: number, digests = false): Promise<SingleFileDetails> {
    return valueOf(await this.#stub().file(id, digests));
  }

  async storedFile(id: number): Promise<StoredFile> {
    return valueOf(await this.#stub().storedFile(id));
  }

  async admit(first: number, count: number): Promise<{ rev: number; files: Admission[] }> {
    return valueOf(await this.#stub().admit(first, count));
  }

  async applyEvents(reports: FileEvent[]): Promise<{ rev: number; rows: Row[] }> {
    return valueOf(await this.#stub().applyEvents(reports));
  }

  async admitPart(id: number, part: number): Promise<PartAdmission> {
    return valueOf(await this.#stub().admitPart(id, part));
  }

  async registerMultipart(
    id: number,
    multipart: { id: string; key: string },
  ): Promise<string | null> {
    return valueOf(await this.#stub().registerMultipart(id, multipart));
  }

  async recordPart(id: number, part: StoredPart, before: FileEvent[]): Promise<RecordedPart> {
    return valueOf(await this.#stub().recordPart(id, part, before));
  }

  async releaseCompletion(id: number): Promise<void> {
    valueOf(await this.#stub().releaseCompletion(id));
  }

  /** Opens a watcher's socket: the answer to a request made anew, with nothing of the client's. */
  async live(since: number | undefined): Promise<Response> {
    const url = new URL("https://batch/live");
    if (since !== undefined) url.searchParams.set("since", String(since));
    if (this.#address !== null) url.searchParams.set("address", this.#address);
    const answer = await this.#stub().fetch(url, { headers: { Upgrade: "websocket" } });
    return answer.webSocket ? answer : valueOf(await answer.json<Result<never>>());
  }

  /** A stub of its own for each call: one that has lost its object stays lost. */
  #stub(): RemoteBatch {
    this.#calls.count++;
    return this.#env.BATCH.getByName(this.id) as unknown as RemoteBatch;
  }
}

function valueOf<T>(answer: Result<T>): T {
  if (answer.ok) return answer.value;
  throw ProblemError.from(answer);
}
