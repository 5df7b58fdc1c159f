import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/**
 * Runs a client's program. Returns the JSON that it prints.
 *
 * @throws Error with the program's output if it fails
 */
export async function runClient(program: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execute(program, args);
  return JSON.parse(stdout);
}
