import { randomBytes } from "node:crypto";
import { clientId, clientSecret, notionHeaders, redirectUri, tokenAnswer } from "./notion.mjs";

/**
 * What the field's tutorials show: token in the session, revoke it, then destroy the session.
 *
 * @param connect (notionUrl) => (path, body) => the JSON that Notion answered
 */
export function handWritten(connect) {
  return {
    async mount(app, { notionUrl }) {
      const post = await connect(notionUrl);
      app.post("/setup", (req, res) => {
        req.session.notionToken = req.query.token;
        res.json({});
      });
      app.get("/login", (req, res) => {
        const state = randomBytes(32).toString("base64url");
        req.session.state = state;
        const query = new URLSearchParams({
          client_id: clientId,
          redirect_uri: redirectUri,
          response_type: "code",
          state,
        });
        res.redirect(`${notionUrl}/v1/oauth/authorize?${query}`);
      });
      app.get("/auth/notion/callback", async (req, res, next) => {
        try {
          const { code, state } = req.query;
          if (state !== req.session.state) return res.status(403).json({});
          const answer = await post("/v1/oauth/token", {
            grant_type: "authorization_code",
            code,
            redirect_uri: redirectUri,
          });
          req.session.regenerate((error) => {
            if (error) return next(error);
            req.session.notionToken = answer.access_token;
            res.redirect("/");
          });
        } catch (error) {
          next(error);
        }
      });
      app.post("/logout", async (req, res) => {
        const token = req.session.notionToken;
        if (token !== undefined) {
          try {
            await post("/v1/oauth/revoke", { token });
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

/** Asks nobody: what a session costs by itself. */
export function withoutNotion() {
  const answer = tokenAnswer("ntn_of_nobody");
  return async () => answer;
}

export async function throughUndici(notionUrl) {
  const { Pool } = await import("undici");
  const pool = new Pool(notionUrl, { connections: 256 });
  return async (path, body) => {
    const answer = await pool.request({ method: "POST", path, headers: notionHeaders, body: JSON.stringify(body) });
    return answer.body.json();
  };
}

export async function throughHttp(notionUrl) {
  const { Agent, request } = await import("node:http");
  const { hostname, port } = new URL(notionUrl);
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return (path, body) =>
    new Promise((resolve, reject) => {
      const json = JSON.stringify(body);
      const headers = { ...notionHeaders, "content-length": Buffer.byteLength(json) };
      request({ method: "POST", hostname, port, path, agent, headers }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve(JSON.parse(text)));
        answer.on("error", reject);
      })
        .on("error", reject)
        .end(json);
    });
}

export function throughFetch(notionUrl) {
  return async (path, body) => {
    const answer = await fetch(notionUrl + path, {
      method: "POST",
      headers: notionHeaders,
      body: JSON.stringify(body),
    });
    return answer.json();
  };
}

/** `@notionhq/client`, for the logout. */
export async function throughSdk(notionUrl) {
  const { Client, LogLevel } = await import("@notionhq/client");
  const client = new Client({ baseUrl: notionUrl, logLevel: LogLevel.ERROR });
  return (_path, { token }) => client.oauth.revoke({ client_id: clientId, client_secret: clientSecret, token });
}
