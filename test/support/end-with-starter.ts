// Imported by each server that a test starts: it ends when the test's process is gone, and not only
// when that ends it. Whoever breaks off `npm test` would otherwise be left with servers.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
// Nothing waits for it.
process.channel?.unref();
