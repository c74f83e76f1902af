import { randomBytes } from "node:crypto";
import { clientId, clientSecret } from "../../contestants/notion.mjs";
import { notionClient, revokeByHand } from "./revoke.mjs";
import { mountSessions } from "./sessions.mjs";

/** Notion's own client and express-session, by hand: state checked, new session id, both tokens revoked, errors caught. */
export const sdk = {
  title: "@notionhq/client",
  packages: ["@notionhq/client"],
  async mount(app, options) {
    const { notionUrl, origin, refuse } = options;
    const store = mountSessions(app, options);
    const client = await notionClient(notionUrl);
    const redirect_uri = `${origin}/auth/notion/callback`;
    const token = async (grant) => {
      const answer = await client.oauth.token({ client_id: clientId, client_secret: clientSecret, ...grant });
      return { accessToken: answer.access_token, refreshToken: answer.refresh_token };
    };

    app.get("/login", (req, res) => {
      req.session.state = randomBytes(32).toString("base64url");
      const query = {
        client_id: clientId,
        redirect_uri,
        response_type: "code",
        owner: "user",
        state: req.session.state,
      };
      res.redirect(`${notionUrl}/v1/oauth/authorize?${new URLSearchParams(query)}`);
    });
    app.get("/auth/notion/callback", async (req, res, next) => {
      const { code, state } = req.query;
      if (state === undefined || state !== req.session.state) return res.status(403).json({ error: "invalid_state" });
      delete req.session.state;
      const tokens = await token({ grant_type: "authorization_code", code, redirect_uri });
      if (refuse) return res.status(403).json({ error: "refused" });
      req.session.regenerate((error) => {
        if (error) return next(error);
        req.session.tokens = tokens;
        req.session.save((failure) => (failure ? next(failure) : res.redirect("/")));
      });
    });
    app.post("/logout", async (req, res, next) => {
      if (req.session.tokens !== undefined) await revokeByHand(notionUrl, req.session.tokens);
      req.session.destroy((error) => {
        if (error) return next(error);
        res.clearCookie("connect.sid");
        res.redirect("/");
      });
    });
    return {
      ...store,
      accessToken: async (req) => req.session.tokens?.accessToken,
      async refresh(req) {
        const { refreshToken } = req.session.tokens;
        req.session.tokens = await token({ grant_type: "refresh_token", refresh_token: refreshToken });
      },
    };
  },
};
