import { join } from "node:path";
import { clientId, clientSecret } from "../../contestants/notion.mjs";
import { mountSessions } from "./sessions.mjs";

/** This package. What it tries again, it tries soon: the situations last seconds instead of minutes. */
export function ours({ vault = "sqlite", ...fixed } = {}) {
  return {
    title: "this package",
    packages: [],
    async mount(app, options) {
      const { createNotionOAuth } = await import("express-notion-oauth");
      const { sqliteVault } = await import("express-notion-oauth/sqlite");
      const store = mountSessions(app, options);
      const notion = createNotionOAuth({
        clientId,
        clientSecret,
        redirectUri: `${options.origin}/auth/notion/callback`,
        baseUrl: options.notionUrl,
        retry: { minDelay: 100, maxDelay: 1000 },
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        ...(vault === "sqlite" && { vault: sqliteVault(join(options.folder, "notion.db")) }),
        ...fixed,
      });
      if (options.refuse) await mountStrategy(app, notion);
      app.use(notion.middleware());
      return {
        ...store,
        accessToken: async (req) => (req.notion.isConnected() ? req.notion.accessToken() : undefined),
        refresh: (req) => req.notion.refresh(),
      };
    },
  };
}

/** Its Passport strategy, whose `verify` refuses the person as passport-oauth2's does. */
async function mountStrategy(app, notion) {
  const { default: passport } = await import("passport");
  const { NotionStrategy } = await import("express-notion-oauth/passport");
  passport.use(new NotionStrategy({ notion }, (_accessToken, _refreshToken, _profile, done) => done(null, false)));
  app.get("/login", passport.authenticate("notion"));
  app.get("/auth/notion/callback", passport.authenticate("notion"), notion.remember(), (_req, res) =>
    res.redirect("/"),
  );
}
