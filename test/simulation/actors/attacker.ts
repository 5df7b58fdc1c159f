import { createHash } from "node:crypto";
import { partLayout, usesParts } from "../../../protocol/index.ts";
import { ENDPOINT } from "../cast.ts";
import { Host } from "../time/host.ts";
import type { World } from "../world.ts";
import { FORM_TYPE, formBody, type FormFile } from "./attack-form.ts";
import { AttackedBatch, type AttackedFile } from "./attacked-batch.ts";
import type { Files } from "./files.ts";

/** Time after which the attacker gives a request up, in ms. Many are given up earlier. */
const TIMEOUT_MS = 60_000;
/** Probabilities of bytes that do not match their digest, of the wrong size, and of a request that breaks off. */
const DAMAGE_CHANCE = 0.15;
const WRONG_SIZE_CHANCE = 0.1;
const BREAK_CHANCE = 0.15;
/** Probability that a call is sent twice at the same time, the second one with other files. */
const TWIN_CHANCE = 0.4;
/** Different keys of one attacker: so few that most calls repeat one. */
const KEYS = 4;
/** Most files of a declaring call: few, or half of a day's quota. */
const MAX_FILES = [3, 3, 12];
/** Most files of a bundle. */
const BUNDLE_FILES = 5;

/** Relative probability of each call. */
const WEIGHTS = {
  create: 8,
  declare: 8,
  send: 20,
  sendBundle: 6,
  sendForm: 3,
  retry: 5,
  cancelFile: 4,
  cancelFiles: 2,
  seal: 4,
  pause: 1,
  resume: 2,
  cancel: 0.5,
  delete: 0.5,
} as const;

type Action = keyof typeof WEIGHTS;

/**
 * A client that tries to store more than its quota allows: it repeats keys with other files, lets files fail
 * and retries them, and cancels, deletes and reopens at any time.
 */
export class Attacker {
  readonly #host = new Host("attacker");
  readonly #world: World;
  readonly #files: Files;
  readonly #batches: AttackedBatch[] = [];
  /** Null for a client without one. */
  #credential: string | null;

  /** @param credential a grant; null for an anonymous owner */
  constructor(world: World, files: Files, credential: string | null) {
    this.#world = world;
    this.#files = files;
    this.#credential = credential;
  }

  /** Sends `count` calls within `ms`, often several at the same time. */
  start(count: number, ms: number): void {
    const { random, scheduler } = this.#world;
    let at = 0;
    for (let left = count; left > 0; left--) {
      if (random.chance(0.6)) at = random.chance(0.5) ? random.skewed(0, ms) : at;
      scheduler.after(at + random.skewed(0, 3000), this.#host, "attacks", () => this.#act());
    }
  }

  #act(): void {
    const action = this.#chooseAction();
    if (action === "create") return this.#twice(() => void this.#create());
    if (action === "sendForm") return this.#twice(() => void this.#sendForm());
    const batch = this.#batches.length > 0 ? this.#world.random.pick(this.#batches) : null;
    if (batch) this.#actOn(batch, action);
  }

  #actOn(batch: AttackedBatch, action: Exclude<Action, "create" | "sendForm">): void {
    const [file] = batch.someFiles(this.#world.random, 1);
    switch (action) {
      case "declare":
        return this.#twice(() => void this.#declare(batch));
      case "send":
        return file && this.#twice(() => this.#send(batch, file));
      case "sendBundle":
        return void this.#sendBundle(batch);
      case "cancelFile":
        return void (file && this.#call(batch, "DELETE", `/files/${file.id}`));
      case "cancelFiles":
        return void this.#call(batch, "POST", "/cancel", { json: { files: "unfinished" } });
      case "seal":
        return void this.#call(batch, "PATCH", "", { json: { sealed: true } });
      case "delete":
        return void this.#call(batch, "DELETE", "");
      default:
        return void this.#call(batch, "POST", `/${action}`);
    }
  }

  #chooseAction(): Action {
    const actions = Object.keys(WEIGHTS).filter((name) => isAction(name));
    const sum = actions.reduce((all, action) => all + WEIGHTS[action], 0);
    let left = this.#world.random.fraction() * sum;
    return actions.find((action) => (left -= WEIGHTS[action]) < 0) ?? "create";
  }

  #twice(send: () => void): void {
    send();
    if (this.#world.random.chance(TWIN_CHANCE)) send();
  }

  async #create(): Promise<void> {
    const { random } = this.#world;
    const { files, contents } = this.#declaration(0);
    const body = JSON.stringify({ files, sealed: random.chance(0.3) });
    const headers = { ...this.#authorization(), ...this.#key(0.6) };
    const response = await this.#fetch("/v1/batches", { method: "POST", body, headers });
    this.#learn(response)?.add(response, contents);
  }

  async #declare(batch: AttackedBatch): Promise<void> {
    const { files, contents } = this.#declaration(1);
    const response = await this.#call(batch, "POST", "/files", {
      json: { files },
      headers: this.#key(0.6),
    });
    batch.add(response, contents);
  }

  #send(batch: AttackedBatch, { id, bytes }: AttackedFile): void {
    const path = `${batch.path}/files/${id}`;
    if (!usesParts(bytes.length)) return void this.#put(batch, path, bytes);
    const { partBytes, count } = partLayout(bytes.length);
    for (let part = 1; part <= count; part++) {
      const partBody = bytes.slice((part - 1) * partBytes, part * partBytes);
      void this.#put(batch, `${path}/parts/${part}`, partBody);
    }
  }

  async #put({ token }: AttackedBatch, path: string, bytes: Uint8Array<ArrayBuffer>) {
    const { random } = this.#world;
    const body = random.chance(WRONG_SIZE_CHANCE) ? bytes.slice(1) : this.#damaged(bytes);
    const headers = {
      Authorization: `Bearer ${token}`,
      "Content-Length": String(body.length),
      "Content-Digest": `sha-256=:${digestOf(bytes)}:`,
    };
    await this.#fetch(path, { method: "PUT", body, headers });
  }

  async #sendBundle(batch: AttackedBatch): Promise<void> {
    const files = batch.someFiles(this.#world.random, BUNDLE_FILES);
    const small = files.filter(({ bytes }) => !usesParts(bytes.length));
    const body = formBody(small.map((file) => this.#part(String(file.id), "f.bin", file.bytes)));
    const headers = { Authorization: `Bearer ${batch.token}`, ...formHeaders(body) };
    await this.#fetch(`${batch.path}/bundle`, { method: "POST", body, headers });
  }

  async #sendForm(): Promise<void> {
    const { files, contents } = this.#declaration(1);
    const body = formBody(
      contents.map((bytes, index) => this.#part("f", files[index]?.name ?? "", bytes)),
    );
    const headers = { ...this.#authorization(), ...this.#key(0.4), ...formHeaders(body) };
    const response = await this.#fetch("/v1/upload", { method: "POST", body, headers });
    this.#learn(response)?.add({ firstFile: 0, count: contents.length }, contents);
  }

  #part(field: string, name: string, bytes: Uint8Array<ArrayBuffer>): FormFile {
    return { field, name, bytes: this.#damaged(bytes), digest: digestOf(bytes) };
  }

  #damaged(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const isDamaged = this.#world.random.chance(DAMAGE_CHANCE);
    return isDamaged ? Uint8Array.from(bytes, (byte) => byte ^ 1) : bytes;
  }

  /** Makes files to declare. */
  #declaration(least: number) {
    const { random } = this.#world;
    const sources = this.#files.make(random.whole(least, random.pick(MAX_FILES)));
    const contents = sources.map(({ name }) => this.#files.contents.get(name) ?? new Uint8Array());
    const files = sources.map(({ name }, index) => ({ name, size: contents[index]?.length ?? 0 }));
    return { files, contents };
  }

  /** Notes a batch that a response has created, and the token of a new anonymous owner. */
  #learn(response: unknown): AttackedBatch | null {
    const batch = AttackedBatch.from(response);
    if (batch) this.#batches.push(batch);
    if (this.#world.random.chance(0.5)) this.#credential ??= ownerTokenIn(response);
    return batch;
  }

  #authorization(): Record<string, string> {
    return this.#credential === null ? {} : { Authorization: `Bearer ${this.#credential}` };
  }

  #key(chance: number): Record<string, string> {
    const { random } = this.#world;
    if (!random.chance(chance)) return {};
    return { "Idempotency-Key": `the-attacker's-key-number-${random.whole(1, KEYS)}` };
  }

  /** @param json value of the body */
  #call(
    { path, token }: AttackedBatch,
    method: string,
    subpath: string,
    { json, headers: more }: { json?: object; headers?: Record<string, string> } = {},
  ): Promise<unknown> {
    const headers = { Authorization: `Bearer ${token}`, ...more };
    const body = json && { body: JSON.stringify(json) };
    return this.#fetch(path + subpath, { method, headers, ...body });
  }

  /** Sends a request, which may break off. Resolves with the JSON of a success, otherwise with null. */
  async #fetch(path: string, init: RequestInit): Promise<unknown> {
    const { random } = this.#world;
    const ms = random.chance(BREAK_CHANCE) ? random.skewed(1, 3000) : TIMEOUT_MS;
    try {
      const response = await fetch(ENDPOINT + path, { ...init, signal: AbortSignal.timeout(ms) });
      return response.ok && response.status !== 204 ? await response.json() : null;
    } catch {
      return null;
    }
  }
}

function isAction(name: string): name is Action {
  return Object.hasOwn(WEIGHTS, name);
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64");
}

function formHeaders({ length }: Uint8Array): Record<string, string> {
  return { "Content-Type": FORM_TYPE, "Content-Length": String(length) };
}

/** Returns the token of a new anonymous owner in a response; null if there is none. */
function ownerTokenIn(response: unknown): string | null {
  const tokens =
    typeof response === "object" && response && "tokens" in response && response.tokens;
  const owner = typeof tokens === "object" && tokens && "owner" in tokens ? tokens.owner : null;
  return typeof owner === "string" ? owner : null;
}
