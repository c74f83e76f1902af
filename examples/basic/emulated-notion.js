// @ts-check
import { createHash, randomBytes } from "node:crypto";
import { createNotionEmulator } from "express-notion-oauth/emulator";

/** Starts a Notion of our own on this machine, on a free port, with this app registered. */
export async function startEmulatedNotion() {
  const credentials = { clientId: "basic-example", clientSecret: randomBytes(24).toString("base64url") };
  // Without `redirectUris` it takes every one on this machine.
  const emulator = createNotionEmulator({ clients: [{ ...credentials, name: "Basic example" }] });
  const url = await emulator.start();
  return {
    /** For the environment of the app. */
    settings: {
      NOTION_URL: url,
      NOTION_CLIENT_ID: credentials.clientId,
      NOTION_CLIENT_SECRET: credentials.clientSecret,
    },
    close: () => emulator.close(),
  };
}

/** @typedef {{ label: string, kind: "access" | "refresh", works: boolean, family: string }} EmulatedToken */
/** @typedef {{ url: string, isDown: boolean, tokens: EmulatedToken[] }} InsideNotion */

/**
 * What nobody can see of the real Notion: whether it is up, and which tokens it takes.
 * @param {string} url
 * @returns {Promise<InsideNotion>}
 */
export async function lookInside(url) {
  const [{ isDown }, { tokens }] = await Promise.all([
    read(`${url}/__emulator/state`),
    read(`${url}/__emulator/tokens`),
  ]);
  return {
    url,
    isDown,
    tokens: tokens.map(
      (/** @type {{ value: string, kind: "access" | "refresh", state: string, family: string }} */ token) => ({
        label: labelOf(token.value),
        kind: token.kind,
        works: token.state === "active",
        family: token.family,
      }),
    ),
  };
}

/**
 * @param {string} url
 * @param {boolean} isDown
 */
export async function setOutage(url, isDown) {
  await fetch(`${url}/__emulator/${isDown ? "down" : "up"}`, { method: "POST", body: "{}" });
}

/** @param {string} address @returns {Promise<any>} */
async function read(address) {
  return (await fetch(address)).json();
}

/**
 * What a token is called in the events of express-notion-oauth: a short one-way hash.
 * @param {string} token
 */
function labelOf(token) {
  return createHash("sha256").update(token).digest("base64url").slice(0, 12);
}
