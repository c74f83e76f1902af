// @ts-check
import { randomBytes } from "node:crypto";
import { createNotionEmulator } from "express-notion-oauth/emulator";

/** Starts a Notion of our own on this machine, on a free port, with this app registered. */
export async function startEmulatedNotion() {
  const credentials = { clientId: "saas-example", clientSecret: randomBytes(24).toString("base64url") };
  // Without `redirectUris` it takes every one on this machine.
  const emulator = createNotionEmulator({ clients: [{ ...credentials, name: "SaaS example" }] });
  await emulator.start();
  return { emulator, credentials };
}

/**
 * What a person does in Notion's settings: takes this app's access away.
 * @param {string} notionUrl
 * @param {string} botId
 */
export async function removeAtNotion(notionUrl, botId) {
  await fetch(`${notionUrl}/__emulator/disconnect`, { method: "POST", body: JSON.stringify({ botId }) });
}
