// An app whose route calls Notion with the access token. `naive` is what hand-written code does on a 401: refresh, save, try again.
import express from "express";
import session from "express-session";
import { clientId, clientSecret, notionHeaders, redirectUri } from "../contestants/notion.mjs";
import { answer } from "./parent.mjs";
import { SqliteSessions } from "./sqlite-sessions.mjs";

const { name, notionUrl, sessions, database } = JSON.parse(process.argv[2]);

const store = sessions === undefined ? new session.MemoryStore() : new SqliteSessions(sessions);
const app = express();
app.use(express.json());
app.use(session({ secret: "session secret", resave: false, saveUninitialized: false, store }));

async function callNotion(token) {
  const response = await fetch(`${notionUrl}/v1/users/me`, {
    headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" },
  });
  if (!response.ok) throw Object.assign(new Error("Notion refused."), { status: response.status });
  return response.json();
}

await (name === "naive" ? mountNaive() : mountOurs());
app.use((error, _req, res, _next) => res.status(error.status ?? 500).json({}));

function mountNaive() {
  app.post("/setup", (req, res) => {
    req.session.tokens = req.body;
    res.json({});
  });
  app.get("/work", async (req, res, next) => {
    const { tokens } = req.session;
    try {
      res.json(await callNotion(tokens.access_token));
    } catch (error) {
      if (error.status !== 401) return next(error);
      try {
        const response = await fetch(`${notionUrl}/v1/oauth/token`, {
          method: "POST",
          headers: notionHeaders,
          body: JSON.stringify({ grant_type: "refresh_token", refresh_token: tokens.refresh_token }),
        });
        if (!response.ok) throw Object.assign(new Error("The refresh failed."), { status: 401 });
        req.session.tokens = await response.json();
        res.json(await callNotion(req.session.tokens.access_token));
      } catch (failure) {
        next(failure);
      }
    }
  });
}

async function mountOurs() {
  const { createNotionOAuth } = await import("express-notion-oauth");
  const { sqliteVault } = await import("express-notion-oauth/sqlite");
  const notion = createNotionOAuth({
    clientId,
    clientSecret,
    baseUrl: notionUrl,
    redirectUri,
    ...(database !== undefined && { vault: sqliteVault(database) }),
  });
  app.use(notion.middleware());
  app.post(
    "/setup",
    notion.remember((req) => req.body),
    (_req, res) => res.json({}),
  );
  app.get("/work", notion.requireConnection(), async (req, res, next) => {
    try {
      res.json(await req.notion.withAccessToken(callNotion));
    } catch (error) {
      next(error);
    }
  });
}

const server = app.listen(0, "127.0.0.1", () => {
  answer({ origin: () => `http://127.0.0.1:${server.address().port}` });
});
