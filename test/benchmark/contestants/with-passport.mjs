import { clientId, clientSecret, redirectUri } from "./notion.mjs";
import { throughFetch } from "./hand-written.mjs";

/** passport and passport-oauth2 as their pages show them, with a revocation through fetch. */
export function withPassport() {
  return {
    async mount(app, { notionUrl }) {
      const { default: passport } = await import("passport");
      const { default: OAuth2Strategy } = await import("passport-oauth2");
      const post = throughFetch(notionUrl);
      passport.use(
        new OAuth2Strategy(
          {
            authorizationURL: `${notionUrl}/v1/oauth/authorize`,
            tokenURL: `${notionUrl}/v1/oauth/token`,
            clientID: clientId,
            clientSecret,
            callbackURL: redirectUri,
            state: true,
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
      app.get("/login", passport.authenticate("oauth2"));
      app.get("/auth/notion/callback", passport.authenticate("oauth2"), (_req, res) => res.redirect("/"));
      app.post("/logout", async (req, res, next) => {
        try {
          await post("/v1/oauth/revoke", { token: req.user.accessToken });
        } catch {
          // As in what is written by hand.
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
  };
}
