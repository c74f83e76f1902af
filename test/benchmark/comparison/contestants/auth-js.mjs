import { clientId, clientSecret } from "../../contestants/notion.mjs";
import { loadPeer } from "../peers.mjs";
import { revokeByHand } from "./revoke.mjs";

/**
 * Sessions in a cookie, which is the default, and the tokens in it, as the guide to other APIs shows; `events.signOut` is where they can be revoked.
 * @see https://authjs.dev/reference/express and https://authjs.dev/guides/integrating-third-party-backends
 */
export const authJs = ({ byHand }) => ({
  title: "@auth/express",
  packages: ["@auth/express"],
  // Its documented path, `/auth/*`, is one of Express 4.
  express: "express4",
  async mount(app, { notionUrl, origin, maxAge, refuse }) {
    const { ExpressAuth, getSession } = await loadPeer("@auth/express");
    const { default: Notion } = await loadPeer("@auth/express/providers/notion");
    const config = {
      secret: "a secret of at least thirty-two characters",
      trustHost: true,
      logger: { error() {}, warn() {}, debug() {} },
      providers: [Notion({ clientId, clientSecret, redirectUri: `${origin}/auth/callback/notion` })],
      ...(maxAge !== undefined && { session: { maxAge: maxAge / 1000 } }),
      callbacks: {
        signIn: () => !refuse,
        jwt: ({ token, account }) =>
          account ? { ...token, accessToken: account.access_token, refreshToken: account.refresh_token } : token,
        session: ({ session, token }) => ({ ...session, accessToken: token.accessToken }),
      },
      ...(byHand && { events: { signOut: ({ token }) => revokeByHand(notionUrl, token) } }),
    };
    app.set("trust proxy", true);
    app.use("/auth/*", ExpressAuth(config));
    return { accessToken: async (req) => (await getSession(req, config))?.accessToken };
  },
  async startLogin(browser) {
    return browser.post("/auth/signin/notion", { form: { csrfToken: await csrfToken(browser) } });
  },
  async logOut(browser) {
    return browser.post("/auth/signout", { form: { csrfToken: await csrfToken(browser) } });
  },
  logoutPath: "/auth/signout",
});

async function csrfToken(browser) {
  return JSON.parse((await browser.get("/auth/csrf")).text).csrfToken;
}
