// An app whose route calls Notion with the access token. `naive` is what hand-written code does on a 401: refresh, save, try again.
import express from "express";
import session from "express-session";
import { answer } from "./parent.mjs";

const { name, notionUrl, redisUrl } = JSON.parse(process.argv[2]);
const clientId = "bench-client";
const clientSecret = "bench-secret";

const redis = redisUrl === undefined ? undefined : await connectRedis(redisUrl);
const store =
  redis === undefined ? new session.MemoryStore() : new (await import("connect-redis")).RedisStore({ client: redis });
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
          headers: {
            authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
            "content-type": "application/json",
          },
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
  const { createNotionOAuth, redisLock } = await import("express-notion-oauth");
  const notion = createNotionOAuth({
    clientId,
    clientSecret,
    baseUrl: notionUrl,
    redirectUri: "http://127.0.0.1/auth/notion/callback",
    ...(redis !== undefined && redisLock !== undefined && { lock: redisLock(redis) }),
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

async function connectRedis(url) {
  const { createClient } = await import("redis");
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  return client;
}

const server = app.listen(0, "127.0.0.1", () => {
  answer({ origin: () => `http://127.0.0.1:${server.address().port}` });
});
