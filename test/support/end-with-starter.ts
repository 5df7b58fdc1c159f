// Imported by each server that a test starts. Ends the server when the process of the tests is gone:
// an interrupted `npm test` would leave servers running.
process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
// The channel alone keeps no server running.
process.channel?.unref();
