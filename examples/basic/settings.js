// @ts-check
// What the environment says: the emulated Notion of start.js, or the credentials of a real public connection.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export function readSettings() {
  const {
    NOTION_URL: notionUrl,
    NOTION_CLIENT_ID: clientId,
    NOTION_CLIENT_SECRET: clientSecret,
    NOTION_REDIRECT_URI: redirectUri,
    DATA_DIRECTORY: data = dataDirectory(),
  } = process.env;
  if (!clientId || !clientSecret || !(redirectUri || notionUrl)) {
    return giveUp("The real Notion needs NOTION_CLIENT_ID, NOTION_CLIENT_SECRET and NOTION_REDIRECT_URI: all three.");
  }
  if (redirectUri && !URL.canParse(redirectUri)) return giveUp("NOTION_REDIRECT_URI must be an absolute URL.");
  const port = process.env.PORT || (redirectUri && new URL(redirectUri).port) || "3000";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return giveUp("PORT must be a number from 0 to 65535.");
  return { port: Number(port), clientId, clientSecret, redirectUri, notionUrl, data };
}

/** It outlives this process, and only its owner can look into it. */
function dataDirectory() {
  const directory = fileURLToPath(new URL("data", import.meta.url));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/**
 * @param {string} reason
 * @returns {never}
 */
export function giveUp(reason) {
  console.error(reason);
  process.exit(1);
}
