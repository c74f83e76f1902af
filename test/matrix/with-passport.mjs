import { NotionStrategy } from "express-notion-oauth/passport";

/** The login of a life by Passport, as docs/passport.md shows it. @param passport a fresh instance, of any version */
export function withPassport(passport) {
  const users = new Map();
  passport.serializeUser((user, done) => done(null, user.id));
  passport.deserializeUser((id, done) => done(null, users.get(id) ?? false));
  return {
    login: "/auth/notion",
    before(app, notion) {
      const strategy = new NotionStrategy({ notion }, (_accessToken, _refreshToken, { id }, done) => {
        users.set(id, { id });
        done(null, { id });
      });
      passport.use(strategy);
      app.use(passport.initialize(), passport.session());
    },
    after(app, notion) {
      app.get("/auth/notion", passport.authenticate("notion"));
      app.get("/auth/notion/callback", passport.authenticate("notion"), notion.remember(), (_req, res) =>
        res.redirect("/me"),
      );
    },
  };
}
