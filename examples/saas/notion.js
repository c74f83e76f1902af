// @ts-check
import { createNotionOAuth } from "express-notion-oauth";
import { sqliteVault } from "express-notion-oauth/sqlite";

/**
 * The same in both processes: one vault, one client, and whose the connections are. The web process adds its routes.
 * @param {object} parts
 * @param {import("./settings.js").Settings} parts.settings
 * @param {import("./database.js").AppDatabase} parts.database
 * @param {import("./accounts.js").Accounts} parts.accounts
 * @param {import("./synced.js").AllSynced} parts.synced
 * @param {Partial<import("express-notion-oauth").NotionOAuthOptions>} [web]
 */
export function openNotion({ settings, database, accounts, synced }, web) {
  const { clientId, clientSecret, notionUrl } = settings;
  const notion = createNotionOAuth({
    clientId,
    clientSecret,
    ...(notionUrl && { baseUrl: notionUrl }),
    vault: sqliteVault(database),
    // From the session each time, and not from what a middleware has put on `req` before: when a device was logged out from another one,
    // notion.middleware() gives the request an empty session. And an account that is being deleted is nobody.
    user: (req) => accounts.find(req.session.userId)?.id,
    ...web,
  });
  // Notion takes these tokens no more, and no call is made with them: whichever process notices writes it down. A product would write its
  // user a mail here.
  notion.on("connection.ended", ({ reason, user: account, botId }) => {
    if (reason === "reconnect" && account !== undefined) synced.end(account, botId);
  });
  return notion;
}
