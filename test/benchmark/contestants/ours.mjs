import { clientId, clientSecret, redirectUri, tokenAnswer } from "./notion.mjs";

/**
 * @param {object} [entrant]
 * @param {"memory" | "sqlite" | "postgres" | "redis"} [entrant.vault]
 * @param {boolean} [entrant.foreign] the app keeps the tokens itself and hands them over at the logout
 */
export function ours({ vault = "memory", foreign = false, ...fixed } = {}) {
  return {
    database: vault,
    async mount(app, { notionUrl, database }) {
      const { createNotionOAuth } = await import("express-notion-oauth");
      const notion = createNotionOAuth({
        clientId,
        clientSecret,
        baseUrl: notionUrl,
        redirectUri,
        ...(vault !== "memory" && { vault: await openVault[vault](database) }),
        ...fixed,
      });
      if (foreign) {
        app.post("/setup", (req, res) => {
          req.session.notionToken = req.query.token;
          res.json({});
        });
        app.post("/logout", notion.logout({ tokens: (req) => ({ accessToken: req.session.notionToken }) }));
        return;
      }
      app.use(notion.middleware());
      const remember = notion.remember(({ query }) => tokenAnswer(query.token, query.refresh));
      app.post("/setup", remember, (_req, res) => res.json({}));
      app.get("/guarded", notion.requireConnection(), (_req, res) => res.json({ hello: "world" }));
      app.post("/refresh", async (req, res) => {
        await req.notion.refresh();
        res.json({});
      });
      return { pending: async () => (await notion.revocations.pending()).length };
    },
  };
}

export const openVault = {
  async sqlite(database) {
    const { sqliteVault } = await import("express-notion-oauth/sqlite");
    return sqliteVault(database);
  },
  async postgres(database) {
    const { postgresVault } = await import("express-notion-oauth/postgres");
    return postgresVault(database, { migrate: true });
  },
  async redis(database) {
    const { redisVault } = await import("express-notion-oauth/redis");
    return redisVault(database);
  },
};
