import { clientId, clientSecret } from "../../contestants/notion.mjs";
import { startFacade } from "../oidc-facade.mjs";
import { loadPeer } from "../peers.mjs";
import { revokeByHand } from "./revoke.mjs";

/**
 * Sessions in an encrypted cookie, which is the default. Notion is no OpenID provider: unless `bare`, a facade stands in front of it.
 * @see https://github.com/auth0/express-openid-connect/blob/master/EXAMPLES.md
 */
export const expressOpenidConnect = ({ byHand, bare = false }) => ({
  title: "express-openid-connect",
  packages: ["express-openid-connect"],
  async mount(app, { notionUrl, origin, maxAge, refuse }) {
    const { default: openid } = await loadPeer("express-openid-connect");
    app.use(
      openid.auth({
        issuerBaseURL: bare ? notionUrl : await startFacade(notionUrl, await loadPeer("jose")),
        baseURL: origin,
        clientID: clientId,
        clientSecret,
        secret: "a secret of at least thirty-two characters",
        authRequired: false,
        authorizationParams: { response_type: "code", scope: "openid offline_access" },
        ...(maxAge !== undefined && { session: { rolling: false, absoluteDuration: maxAge / 1000 } }),
        ...(byHand && { routes: { logout: false } }),
        afterCallback(_req, _res, session) {
          if (refuse) throw new Error("Refused.");
          return session;
        },
      }),
    );
    if (byHand)
      app.get("/logout", async (req, res) => {
        const { accessToken, refreshToken } = req.oidc;
        await revokeByHand(notionUrl, { accessToken: accessToken?.access_token, refreshToken });
        await res.oidc.logout();
      });
    return {
      accessToken: async (req) => req.oidc.accessToken?.access_token,
      refresh: (req) => req.oidc.accessToken.refresh(),
    };
  },
  logOut: (browser) => browser.get("/logout"),
});
