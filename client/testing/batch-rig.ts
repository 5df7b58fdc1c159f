import type { ClientProblem } from "../errors.ts";
import { declarationOf, type Source } from "../source.ts";
import { Uploader } from "../uploader.ts";
import type { UploaderOptions } from "../uploader-options.ts";
import { FakeBatch } from "./fake-batch.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** A server with a batch, and an uploader. */
export class BatchRig {
  readonly batch = new FakeBatch();
  readonly problems: ClientProblem[] = [];
  server: ScriptedServer;
  /** Creates the batch, or has resumed it. */
  uploader: Uploader;

  private constructor(server: ScriptedServer) {
    this.server = server;
    this.uploader = this.#upload({});
  }

  static async start(): Promise<BatchRig> {
    const server = await ScriptedServer.start((request) => rig.batch.respond(request));
    const rig = new BatchRig(server);
    return rig;
  }

  stop(): void {
    this.uploader.dispose();
    this.server.stop();
  }

  /** Declares files as another client. */
  declare(sources: readonly Source[]): void {
    this.batch.declare(JSON.stringify({ files: sources.map(declarationOf) }));
  }

  /** Declares files, and resumes the batch with a new uploader. */
  resume(declared: readonly Source[] = []): void {
    this.declare(declared);
    this.uploader = this.#upload({ batch: { id: "b", tokens: { write: "write" } } });
  }

  #upload(options: Pick<UploaderOptions, "batch">): Uploader {
    const uploader = new Uploader({ endpoint: this.server.origin, ...options });
    uploader.on("problem", (problem) => this.problems.push(problem));
    return uploader;
  }
}
