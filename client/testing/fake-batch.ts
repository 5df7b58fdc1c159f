import * as v from "valibot";
import {
  fileError,
  isSettled,
  LIMITS,
  partLayout,
  partSize,
  type BatchState,
  type FileState,
  type ProblemCode,
  type SingleFileResource,
  type Summary,
} from "../../protocol/index.ts";
import { AddFiles, FileDeclaration } from "../../protocol/schemas.ts";
import { Ledger } from "../ledger.ts";
import { partOf } from "./fake-part-store.ts";
import type { ReceivedRequest, ScriptedResponse } from "./scripted-server.ts";

/** A server with one batch, `b`, that implements what the client's tests need. It has no live events. */
export class FakeBatch {
  readonly files: SingleFileResource[] = [];
  readonly #replaced = new Set<number>();
  isSealed = false;
  isPaused = false;
  isCancelled = false;
  rev = 0;

  get state(): BatchState {
    if (this.isCancelled) return "cancelled";
    if (this.isSealed && this.files.every(({ state }) => isSettled(state))) return "completed";
    return this.isPaused ? "paused" : "active";
  }

  /** Carries out a request. Returns the response. */
  respond(request: ReceivedRequest): ScriptedResponse {
    const [method, path = ""] = request.call.replace("/v1/batches", "").split(/[ ?]/u);
    if (path.endsWith("/live")) return { status: 403 };
    if (method === "GET") return this.#get(request, path);
    this.rev++;
    return isUpload(request) ? this.#upload(request) : this.#change(request, `${method} ${path}`);
  }

  /** Sets a file's state. */
  setState(id: number, state: FileState, code?: ProblemCode): void {
    const file = this.#file(id);
    this.rev++;
    file.state = state;
    if (state === "completed") Object.assign(file, { progress: 100, receivedBytes: file.size });
    if (code) file.error = fileError(code, "");
  }

  #get({ call, files: [id] }: ReceivedRequest, path: string): ScriptedResponse {
    if (path === "/b") return { body: this.#batch() };
    if (id !== undefined) return { body: this.#file(id) };
    const after = /after=(\d+)/u.exec(call)?.[1];
    const files = this.files.slice(after === undefined ? 0 : Number(after) + 1);
    const listed = call.includes("since=")
      ? files
      : files.filter(({ id: i }) => !this.#replaced.has(i));
    return { body: { rev: this.rev, files: listed, next: null } };
  }

  #upload(request: ReceivedRequest): ScriptedResponse {
    const { call, files } = request;
    const [id = 0] = files;
    if (this.isCancelled) return problem("batch_cancelled");
    if (this.isPaused) return problem("batch_paused");
    if (call.endsWith("bundle")) return this.#storeBundle(files);
    if (this.#file(id).state === "cancelled") return problem("file_cancelled");
    this.#storePart(id, partOf(call));
    return { body: this.#file(id) };
  }

  #storeBundle(files: readonly number[]): ScriptedResponse {
    const stored = files.filter((id) => this.#file(id).state !== "cancelled");
    for (const id of stored) this.setState(id, "completed");
    return { body: { rev: this.rev, files: files.map((id) => this.#file(id)) } };
  }

  #storePart(id: number, part: number | null): void {
    const { parts, size } = this.#file(id);
    if (part !== null && parts?.received.includes(part) === false) {
      parts.received.push(part);
      this.setState(id, "uploading");
      this.#file(id).receivedBytes += partSize(size, part);
    }
    if (part === null || parts?.received.length === parts?.count) this.setState(id, "completed");
  }

  #change({ body, files: [id = 0] }: ReceivedRequest, call: string): ScriptedResponse {
    if (call === "POST ")
      return { status: 201, body: { ...this.#created(), ...this.declare(body) } };
    if (call === "POST /b/files") return this.#add(body);
    if (call.startsWith("DELETE")) {
      if (this.#file(id).state !== "cancelled") this.setState(id, "cancelled");
      return { body: this.#file(id) };
    }
    if (call === "PATCH /b") this.isSealed = true;
    if (call === "POST /b/cancel") this.#cancel(body);
    if (call === "POST /b/pause" || call === "POST /b/resume")
      this.isPaused = call.endsWith("pause");
    return { body: this.#batch() };
  }

  #cancel(body: string): void {
    if (body === "") this.isCancelled = true;
    else {
      const { files } = v.parse(v.object({ files: v.array(v.number()) }), JSON.parse(body));
      for (const id of files) if (!isSettled(this.#file(id).state)) this.setState(id, "cancelled");
    }
  }

  #add(body: string): ScriptedResponse {
    const { firstFile = this.files.length } = v.parse(AddFiles, JSON.parse(body));
    if (firstFile !== this.files.length) return problem("files_added");
    return { status: 201, body: this.declare(body) };
  }

  /** Declares the `files` of a JSON body. */
  declare(body: string): { firstFile: number; count: number; rev: number } {
    const firstFile = this.files.length;
    for (const entry of v.parse(AddFiles, JSON.parse(body)).files) {
      const file = v.parse(FileDeclaration, entry);
      if (file.replaces !== undefined) this.#replace(file.replaces);
      this.files.push(newFile(this.files.length, file));
    }
    return { firstFile, count: this.files.length - firstFile, rev: this.rev };
  }

  #replace(id: number): void {
    this.setState(id, "cancelled");
    this.#replaced.add(id);
  }

  #created() {
    return { id: "b", tokens: { write: "write", read: "read" }, limits: LIMITS };
  }

  #batch() {
    const { rev, state, isSealed: sealed } = this;
    const times = { createdAt: "2026-11-20T10:00:00Z", updatedAt: "2026-11-20T10:00:00Z" };
    const end = state === "completed" && { summary: this.#summary() };
    const totals = this.#totals();
    return { id: "b", rev, state, sealed, ...times, percentComplete: 0, totals, ...end };
  }

  #summary(): Summary {
    const { files, completed, failed, cancelled, bytes } = this.#totals();
    const times = { startedAt: "2026-11-20T10:00:00Z", completedAt: "2026-11-20T10:00:00Z" };
    return { files, completed, failed, cancelled, bytes, ...times, durationMs: 0, failures: [] };
  }

  #totals() {
    const totals = { ...new Ledger().totals, files: this.files.length };
    for (const { state, size } of this.files) {
      totals[state]++;
      totals.bytes += size;
    }
    return totals;
  }

  #file(id: number): SingleFileResource {
    const file = this.files[id];
    if (file === undefined) throw new RangeError(`This batch has no file ${id}.`);
    return file;
  }
}

function newFile(id: number, file: FileDeclaration): SingleFileResource {
  const { name, path, size, type, lastModified } = file;
  const time = lastModified !== undefined && { lastModified };
  const declared = { id, name, path: path ?? null, size, type: type ?? "", ...time };
  const { partBytes, count } = partLayout(size);
  return {
    ...declared,
    state: "queued",
    progress: 0,
    receivedBytes: 0,
    attempts: 0,
    links: { self: "", content: "" },
    ...(size > LIMITS.bundleBytes && { parts: { partBytes, count, received: [] } }),
  };
}

function isUpload({ call }: ReceivedRequest): boolean {
  return call.startsWith("PUT") || call.endsWith("/bundle");
}

function problem(code: ProblemCode): ScriptedResponse {
  return { status: 409, body: { code, detail: "" } };
}
