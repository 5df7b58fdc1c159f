import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Reads the simulated R2's database, as R2 has no method that lists multipart uploads. */
export class R2Disk {
  readonly #folder: string;

  /** @param state the server's data folder */
  constructor(state: string) {
    this.#folder = state;
  }

  /** Returns the keys of all objects with a prefix. */
  keys(prefix: string): string[] {
    const rows = this.#query("SELECT key FROM _mf_objects WHERE key LIKE ? || '%'", prefix);
    return rows.map(({ key }) => String(key));
  }

  /** Returns the multipart uploads that are neither completed nor aborted, with their part counts. */
  openUploads(): { key: string; parts: number }[] {
    const rows = this.#query(
      `SELECT key, (SELECT COUNT(*) FROM _mf_multipart_parts p WHERE p.upload_id = u.upload_id) parts
       FROM _mf_multipart_uploads u WHERE state = 0`,
    );
    return rows.map(({ key, parts }) => ({ key: String(key), parts: Number(parts) }));
  }

  #query(sql: string, ...parameters: string[]) {
    const database = new DatabaseSync(this.#find(), { readOnly: true });
    try {
      return database.prepare(sql).all(...parameters);
    } finally {
      database.close();
    }
  }

  #find(): string {
    const files = readdirSync(this.#folder, { recursive: true, encoding: "utf8" });
    const file = files.find((name) => /R2BucketObject\/[0-9a-f]{64}\.sqlite$/u.test(name));
    if (file === undefined) throw new Error(`There is no bucket in ${this.#folder}.`);
    return join(this.#folder, file);
  }
}
