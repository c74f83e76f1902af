// What is compared. Each one answers the same requests:
//   POST /setup?token=  a session that is connected with this access token (outside of what is measured)
//   POST /logout        ends it: 200 as JSON, session destroyed, cookie cleared
//   GET  /guarded       200 for a connected session, 401 otherwise
// The hand-written ones are what the field's tutorials show: token in the session, revoke it, then destroy the session.

const clientId = "bench-client";
const clientSecret = "bench-secret";
const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
const notionHeaders = {
  authorization: basic,
  "content-type": "application/json",
  accept: "application/json",
  "notion-version": "2025-09-03",
};

/** What Notion's token endpoint would have answered. */
function tokenAnswer(req) {
  const { token, refresh } = req.query;
  return {
    access_token: token,
    refresh_token: refresh ?? null,
    token_type: "bearer",
    bot_id: "b3aa1b5e-1c4f-4bd9-8a56-2f1d7a1a0c11",
    workspace_id: "5b1d2f7e-93a5-4f0e-a0f3-6a2a1c9d8e77",
    workspace_name: "Acme",
    workspace_icon: null,
    owner: { type: "user", user: { object: "user", id: "0c8f3b6a-7a52-4f31-9d6e-1f2b3c4d5e6f", name: "Ada" } },
    duplicated_template_id: null,
  };
}

function handWritten(revoke) {
  return {
    async mount(app, { notionUrl }) {
      const revokeToken = await revoke(notionUrl);
      app.post("/setup", (req, res) => {
        req.session.notionToken = req.query.token;
        res.json({});
      });
      app.post("/logout", async (req, res) => {
        const token = req.session.notionToken;
        if (token !== undefined) {
          try {
            await revokeToken(token);
          } catch {
            // A logout that fails because of somebody else's service is no choice either.
          }
        }
        req.session.destroy(() => {
          res.clearCookie("connect.sid");
          res.json({ loggedOut: true });
        });
      });
      app.get("/guarded", (req, res) => {
        if (req.session.notionToken === undefined) return res.status(401).json({ error: "not_connected" });
        res.json({ hello: "world" });
      });
    },
  };
}

function ours({ foreign = false, ...fixed } = {}) {
  return {
    async mount(app, { notionUrl, options }) {
      const { createNotionOAuth } = await import("express-notion-oauth");
      const notion = createNotionOAuth({
        clientId,
        clientSecret,
        baseUrl: notionUrl,
        redirectUri: "http://127.0.0.1/auth/notion/callback",
        ...fixed,
        ...options,
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
      app.post("/setup", notion.remember(tokenAnswer), (_req, res) => res.json({}));
      app.get("/guarded", notion.requireConnection(), (_req, res) => res.json({ hello: "world" }));
      return { pending: async () => (await notion.revocations.pending()).length };
    },
  };
}

export const contestants = {
  bare: { title: "no revocation at all", ...handWritten(() => async () => {}) },
  undici: {
    title: "hand-written, undici Pool",
    ...handWritten(async (notionUrl) => {
      const { Pool } = await import("undici");
      const pool = new Pool(notionUrl, { connections: 256 });
      return async (token) => {
        const { body } = await pool.request({
          method: "POST",
          path: "/v1/oauth/revoke",
          headers: notionHeaders,
          body: JSON.stringify({ token }),
        });
        await body.dump();
      };
    }),
  },
  fetch: {
    title: "hand-written, fetch",
    ...handWritten((notionUrl) => async (token) => {
      const response = await fetch(`${notionUrl}/v1/oauth/revoke`, {
        method: "POST",
        headers: notionHeaders,
        body: JSON.stringify({ token }),
      });
      await response.text();
    }),
  },
  sdk: {
    title: "@notionhq/client oauth.revoke",
    ...handWritten(async (notionUrl) => {
      const { Client, LogLevel } = await import("@notionhq/client");
      const client = new Client({ baseUrl: notionUrl, logLevel: LogLevel.ERROR });
      return (token) => client.oauth.revoke({ client_id: clientId, client_secret: clientSecret, token });
    }),
  },
  passport: {
    title: "passport + passport-oauth2, fetch",
    async mount(app, { notionUrl }) {
      const { default: passport } = await import("passport");
      const { default: OAuth2Strategy } = await import("passport-oauth2");
      passport.use(
        new OAuth2Strategy(
          {
            authorizationURL: `${notionUrl}/v1/oauth/authorize`,
            tokenURL: `${notionUrl}/v1/oauth/token`,
            clientID: clientId,
            clientSecret,
            callbackURL: "http://127.0.0.1/callback",
          },
          (accessToken, _refreshToken, _profile, done) => done(null, { accessToken }),
        ),
      );
      passport.serializeUser((user, done) => done(null, user));
      passport.deserializeUser((user, done) => done(null, user));
      app.use(passport.initialize(), passport.session());
      app.post("/setup", (req, res, next) => {
        req.login({ accessToken: req.query.token }, (error) => (error ? next(error) : res.json({})));
      });
      app.post("/logout", async (req, res, next) => {
        try {
          const response = await fetch(`${notionUrl}/v1/oauth/revoke`, {
            method: "POST",
            headers: notionHeaders,
            body: JSON.stringify({ token: req.user.accessToken }),
          });
          await response.text();
        } catch {
          // As above.
        }
        req.logout((error) => {
          if (error) return next(error);
          req.session.destroy(() => {
            res.clearCookie("connect.sid");
            res.json({ loggedOut: true });
          });
        });
      });
      app.get("/guarded", (req, res) => {
        if (!req.isAuthenticated()) return res.status(401).json({ error: "not_connected" });
        res.json({ hello: "world" });
      });
    },
  },
  oneRead: {
    title: "one more read of the store, by hand",
    async mount(app) {
      const key = (req) => `notion.${req.sessionID}`;
      app.post("/setup", (req, res) => {
        req.session.notionToken = req.query.token;
        const cookie = { originalMaxAge: 86_400_000, expires: new Date(Date.now() + 86_400_000), path: "/" };
        const record = { state: "active", sealed: "s".repeat(240), ...tokenAnswer(req) };
        req.sessionStore.set(key(req), { cookie, record }, () => res.json({}));
      });
      app.get("/guarded", (req, res) => {
        req.sessionStore.get(key(req), (error, row) => {
          if (error || row?.record.state !== "active") return res.status(401).json({ error: "not_connected" });
          res.json({ hello: "world" });
        });
      });
    },
  },
  ours: { title: "express-notion-oauth", ...ours() },
  oursForeign: { title: "express-notion-oauth, logout({ tokens })", ...ours({ foreign: true }) },
  oursBackground: { title: "express-notion-oauth, background", ...ours({ logoutMode: "background" }) },
};
