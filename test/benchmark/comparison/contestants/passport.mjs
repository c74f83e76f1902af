import { clientId, clientSecret } from "../../contestants/notion.mjs";
import { revokeByHand } from "./revoke.mjs";
import { mountSessions } from "./sessions.mjs";

/** @see https://www.passportjs.org/packages/passport-oauth2/ and https://www.passportjs.org/concepts/authentication/logout/ */
export const passport = ({ byHand }) => ({
  title: "passport + passport-oauth2",
  packages: ["passport", "passport-oauth2"],
  async mount(app, options) {
    const { notionUrl, origin, refuse } = options;
    const { default: passport } = await import("passport");
    const { default: OAuth2Strategy } = await import("passport-oauth2");
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
    const store = mountSessions(app, options);
    passport.use(
      new OAuth2Strategy(
        {
          authorizationURL: `${notionUrl}/v1/oauth/authorize?owner=user`,
          tokenURL: `${notionUrl}/v1/oauth/token`,
          clientID: clientId,
          clientSecret,
          callbackURL: `${origin}/auth/notion/callback`,
          state: true,
          // Notion takes the credentials in this header only.
          customHeaders: { authorization: `Basic ${basic}` },
        },
        (accessToken, refreshToken, _profile, done) => done(null, refuse ? false : { accessToken, refreshToken }),
      ),
    );
    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user, done) => done(null, user));
    app.use(passport.session());
    app.get("/login", passport.authenticate("oauth2"));
    app.get("/auth/notion/callback", passport.authenticate("oauth2"), (_req, res) => res.redirect("/"));
    app.post("/logout", async (req, res, next) => {
      if (byHand && req.user !== undefined) await revokeByHand(notionUrl, req.user);
      req.logout((error) => (error ? next(error) : res.redirect("/")));
    });
    return { ...store, accessToken: async (req) => req.user?.accessToken };
  },
});
