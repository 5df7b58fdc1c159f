// Imported by a process that a test starts: delivers SIGTERM just before a child's first message.
import { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";

subscribe("child_process", (started) => {
  if (!(started instanceof Object && "process" in started)) return;
  const child = started.process;
  // Listens before the process's own code, which gets the child only after this.
  if (child instanceof ChildProcess) child.once("message", () => process.emit("SIGTERM"));
});
