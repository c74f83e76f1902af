import { join } from "node:path";
import Database from "libsql";
import { clientId, clientSecret, notionHeaders } from "../../contestants/notion.mjs";
import { loadPeer } from "../peers.mjs";
import { revokeByHand } from "./revoke.mjs";

/**
 * Users, their accounts with the tokens, and sessions, all in its database. By hand: a hook before the sign-out.
 * @see https://better-auth.com/docs/integrations/express and https://better-auth.com/docs/concepts/hooks
 */
export const betterAuth = ({ byHand }) => ({
  title: "better-auth",
  packages: ["better-auth"],
  async mount(app, { notionUrl, origin, folder, maxAge, refuse }) {
    const { betterAuth } = await loadPeer("better-auth");
    const { getMigrations } = await loadPeer("better-auth/db/migration");
    const { createAuthMiddleware, getSessionFromCtx } = await loadPeer("better-auth/api");
    const { SqliteDialect } = await loadPeer("kysely");
    const { fromNodeHeaders, toNodeHandler } = await loadPeer("better-auth/node");
    const database = new Database(join(folder, "better-auth.db"));
    database.exec("PRAGMA busy_timeout = 5000");
    database.exec("PRAGMA journal_mode = WAL");
    const auth = betterAuth({
      baseURL: origin,
      secret: "a secret of at least thirty-two characters",
      logger: { disabled: true },
      database: { dialect: new SqliteDialect({ database }), type: "sqlite" },
      socialProviders: {
        notion: {
          clientId,
          clientSecret,
          disableSignUp: refuse === true,
          ...(byHand && { refreshAccessToken: (refreshToken) => refreshWithBasic(notionUrl, refreshToken) }),
        },
      },
      ...(maxAge !== undefined && { session: { expiresIn: maxAge / 1000 } }),
      ...(byHand && {
        hooks: {
          before: createAuthMiddleware(async (ctx) => {
            const session = ctx.path === "/sign-out" ? await getSessionFromCtx(ctx) : null;
            if (session === null) return;
            for (const account of await ctx.context.internalAdapter.findAccounts(session.user.id))
              await revokeByHand(notionUrl, account);
          }),
        },
      }),
    });
    await (await getMigrations(auth.options)).runMigrations();
    app.all("/api/auth/*splat", toNodeHandler(auth));
    /** The Notion account of whoever sends this. */
    async function account(req) {
      const headers = fromNodeHeaders(req.headers);
      if ((await auth.api.getSession({ headers })) === null) return undefined;
      const accounts = await auth.api.listUserAccounts({ headers });
      return { headers, body: { accountId: accounts.find(({ providerId }) => providerId === "notion").id } };
    }
    return {
      breakStore: () => database.exec("DROP TABLE session"),
      async accessToken(req) {
        const asked = await account(req);
        return asked === undefined ? undefined : (await auth.api.getAccessToken(asked)).accessToken;
      },
      refresh: async (req) => auth.api.refreshToken(await account(req)),
    };
  },
  startLogin: (browser) => browser.post("/api/auth/sign-in/social", { json: { provider: "notion", callbackURL: "/" } }),
  logOut: (browser) => browser.post("/api/auth/sign-out", { json: {} }),
  logoutPath: "/api/auth/sign-out",
});

/** Its own refresh sends the credentials in the body, where Notion does not look for them. The option is there for such providers. */
async function refreshWithBasic(notionUrl, refreshToken) {
  const answer = await fetch(`${notionUrl}/v1/oauth/token`, {
    method: "POST",
    headers: notionHeaders,
    body: JSON.stringify({ grant_type: "refresh_token", refresh_token: refreshToken }),
  });
  if (!answer.ok) throw new Error("The refresh failed.");
  const tokens = await answer.json();
  return { accessToken: tokens.access_token, refreshToken: tokens.refresh_token };
}
