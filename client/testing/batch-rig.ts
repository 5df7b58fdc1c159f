import type { ClientProblem } from "../errors.ts";
import { declarationOf, type Source } from "../source.ts";
import { Uploader, type UploaderOptions } from "../uploader.ts";
import { FakeBatch } from "./fake-batch.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** A batch on a server, and an uploader of it. */
export class BatchRig {
  readonly model = new FakeBatch();
  readonly problems: ClientProblem[] = [];
  server: ScriptedServer;
  /** One that will begin the batch, unless it goes on with it. */
  uploader: Uploader;

  private constructor(server: ScriptedServer) {
    this.server = server;
    this.uploader = this.#upload({});
  }

  static async start(): Promise<BatchRig> {
    const server = await ScriptedServer.start((request) => rig.model.answer(request));
    const rig = new BatchRig(server);
    return rig;
  }

  stop(): void {
    this.uploader.dispose();
    this.server.stop();
  }

  /** Somebody else declares files. */
  declare(sources: readonly Source[]): void {
    this.model.declare(JSON.stringify({ files: sources.map(declarationOf) }));
  }

  /** The uploader goes on with the batch, in which these files are declared besides. */
  goOn(declared: readonly Source[] = []): void {
    this.declare(declared);
    this.uploader = this.#upload({ batch: { id: "b", tokens: { write: "write" } } });
  }

  #upload(options: Pick<UploaderOptions, "batch">): Uploader {
    const uploader = new Uploader({ endpoint: this.server.origin, ...options });
    uploader.on("problem", (problem) => this.problems.push(problem));
    return uploader;
  }
}
