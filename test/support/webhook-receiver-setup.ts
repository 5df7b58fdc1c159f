import type { TestProject } from "vitest/node";
import { WebhookReceiver } from "./webhook-receiver.ts";

declare module "vitest" {
  interface ProvidedContext {
    webhookReceiver: string;
  }
}

/** Starts the receiver of webhooks for tests in workerd, which start no server. Returns how to stop it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const receiver = await WebhookReceiver.start();
  project.provide("webhookReceiver", receiver.origin);
  return () => receiver.stop();
}
