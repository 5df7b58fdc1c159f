import { installModules } from "../modules/hooks.ts";
import { stage } from "../stage.ts";
import { installBlob } from "./blob.ts";
import { installClock } from "./clock.ts";
import { installCrypto } from "./crypto.ts";
import { installPage } from "./page.ts";
import { installWorkerd } from "./workerd.ts";

/** Replaces everything that could bring chance or time from outside: before the code under test is imported. */
export function installGlobals(): void {
  installModules();
  installClock();
  installCrypto();
  installBlob();
  installWorkerd();
  installPage();
  process.on("unhandledRejection", (error) => stage().uncaught(error));
  // An event target's listener that throws comes here.
  process.on("uncaughtException", (error) => stage().uncaught(error));
}
