// @ts-check
import { randomBytes } from "node:crypto";
import { createNotionEmulator } from "express-notion-oauth/emulator";

/** Starts a Notion of our own on this machine, on a free port, with this app registered. */
export async function startEmulatedNotion() {
  const credentials = { clientId: "basic-example", clientSecret: randomBytes(24).toString("base64url") };
  // Without `redirectUris` it takes every one on this machine.
  const emulator = createNotionEmulator({ clients: [{ ...credentials, name: "Basic example" }] });
  const baseUrl = await emulator.start();
  // Short delays, so that a visitor sees the end of an outage within seconds. The default backs off to 15 minutes.
  return { emulator, options: { ...credentials, baseUrl, retry: { minDelay: 500, maxDelay: 2000 } } };
}
