// @ts-check
import { randomBytes } from "node:crypto";
import { createNotionEmulator } from "express-notion-oauth/emulator";

/** Starts a Notion of our own on this machine, on a free port, with this app registered. */
export async function startEmulatedNotion() {
  const credentials = { clientId: "passport-example", clientSecret: randomBytes(24).toString("base64url") };
  // Without `redirectUris` it takes every one on this machine.
  const emulator = createNotionEmulator({ clients: [{ ...credentials, name: "Passport example" }] });
  const baseUrl = await emulator.start();
  return { emulator, options: { ...credentials, baseUrl } };
}
