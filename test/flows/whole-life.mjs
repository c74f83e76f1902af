// A whole life of an app, in a process of its own: everything it shows to anybody is collected and sent to the parent.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import express from "express";
import session from "express-session";
import { createNotionOAuth } from "express-notion-oauth";
import { sqliteVault } from "express-notion-oauth/sqlite";
import { createNotionEmulator } from "express-notion-oauth/emulator";

const clientId = "life-client";
const clientSecret = "cl1ent/s3cret+with=odd&chars%and more";
const secret = "s3aling/secret+with=odd&chars%and more";

const secrets = { "client secret": [clientSecret], "sealing secret": [secret], token: [], code: [], state: [] };
secrets["Basic header"] = [Buffer.from(`${clientId}:${clientSecret}`).toString("base64")];
const shown = { answers: [], errors: [], events: [], logs: [], rows: [], files: [], operator: [], warnings: [] };

const show = (value) => inspect(value, { depth: 10, showHidden: true, maxStringLength: null, breakLength: 200 });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
process.on("warning", (warning) => shown.warnings.push(show(warning)));
process.on("unhandledRejection", (error) => shown.errors.push(`UNHANDLED ${show(error)}`));

class FragileStore extends session.MemoryStore {
  broken = false;
  set(id, row, callback) {
    shown.rows.push(`${id} ${JSON.stringify(row)}`);
    // As drivers of databases do it, with the statement in the message.
    if (this.broken) return callback?.(new Error(`cannot SET ${id} ${JSON.stringify(row)}`));
    return super.set(id, row, callback);
  }
}

async function live(custom, environment) {
  const emulator = createNotionEmulator({ clients: [{ clientId, clientSecret }] });
  await emulator.start();
  emulator.on("token", ({ value }) => secrets.token.push(value));
  const directory = mkdtempSync(join(tmpdir(), "whole-life-"));
  const store = new FragileStore();
  const app = express();
  app.set("env", environment);
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;

  let visits = 0;
  let indiscreet = false;
  let vaultIsDown = false;
  const blurt = (what) => {
    if (indiscreet) throw new Error(`${what} ${clientSecret} ${secrets.token.join()} ${secrets.state.join()}`);
  };
  const write = (level) => (message, fields) => shown.logs.push(`${level} ${message} ${show(fields)}`);
  const notion = createNotionOAuth({
    clientId,
    clientSecret: async () => {
      if (vaultIsDown) throw new Error(`the vault keeps ${clientSecret}`);
      return clientSecret;
    },
    secret,
    redirectUri: `${origin}/auth/notion/callback`,
    baseUrl: emulator.url,
    timeout: 150,
    logoutTimeout: 150,
    retry: { minDelay: 10, maxDelay: 40, maxAge: 400 },
    vault: sqliteVault(join(directory, "life.db")),
    afterCallback: () => blurt("afterCallback"),
    onLogout: () => blurt("onLogout"),
    ...(custom && {
      logger: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    }),
  });
  const names = [
    "connection.created",
    "connection.refreshed",
    "connection.ended",
    "token.revoked",
    "revocation.queued",
  ];
  names.push("revocation.retried", "revocation.failed", "login.denied", "login.failed", "request.refused");
  for (const name of names)
    notion.on(name, (event) => {
      shown.events.push(`${name} ${show(event)}`);
      blurt("listener");
    });

  app.use(session({ secret: "session", resave: false, saveUninitialized: false, store }));
  app.use(notion.middleware());
  app.post("/leave", notion.logout({ tokens: () => blurt("tokens") }));
  app.get("/me", notion.requireConnection(), async (req, res, next) => {
    await req.notion
      .withAccessToken(async () => ({ status: req.query.status === "401" ? 401 : 200 }))
      .then(
        (value) =>
          res.json({ ...value, notion: req.notion, connections: req.notion.connections, session: req.session }),
        next,
      );
  });
  app.get("/active", notion.requireActiveToken({ maxAge: 0 }), (_, res) => res.json({ active: true }));
  app.post("/refresh", (req, res, next) => void req.notion.refresh().then(() => res.json({ refreshed: true }), next));
  app.use((error, _req, _res, next) => {
    shown.errors.push(show(error), JSON.stringify(error) ?? "", String(error?.stack), show(error?.cause));
    next(error);
  });

  const browser = () => {
    const cookies = new Map();
    return async (path, { method = "GET", accept = "text/html", headers = {} } = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(new URL(path, origin), {
        method,
        redirect: "manual",
        headers: { accept, cookie, ...headers },
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair, ...attributes] = line.split(";");
        const name = pair.slice(0, pair.indexOf("="));
        if (attributes.some((one) => /expires=thu, 01 jan 1970/i.test(one))) cookies.delete(name);
        else cookies.set(name, pair.slice(name.length + 1));
      }
      const body = await response.text();
      const location = response.headers.get("location") ?? "";
      const state = location.startsWith(emulator.url) ? new URL(location).searchParams.get("state") : null;
      if (state !== null) secrets.state.push(state);
      // The authorize URL is the one place where a state belongs.
      const head = [...response.headers].map(
        ([name, value]) => `${name}: ${name === "location" && state ? value.replace(state, "") : value}`,
      );
      shown.answers.push([method, response.status, ...head, body].join("\n"));
      // Each time would be gigabytes; what is overwritten stands in the log of the database for long.
      if (visits++ % 25 === 0)
        for (const file of readdirSync(directory, { recursive: true, withFileTypes: true }))
          if (file.isFile()) shown.files.push(`${file.name} ${readIfThere(join(file.parentPath, file.name))}`);
      return { status: response.status, location, body };
    };
  };
  const callbackFor = async (visit, decision) => {
    const { location } = await visit("/login?returnTo=/me");
    const callback = await emulator.authorize(location, decision);
    const code = new URL(callback).searchParams.get("code");
    if (code !== null) secrets.code.push(code);
    return callback;
  };
  const logIn = async (visit) => visit(await callbackFor(visit));
  const json = { accept: "application/json" };
  const post = { method: "POST", ...json };

  // An ordinary life.
  const visit = browser();
  const callback = await callbackFor(visit);
  await visit(callback);
  await visit(callback);
  await visit("/me", json);
  await visit("/active");
  await visit("/me?status=401", json);
  await visit("/refresh", post);
  await visit("/login");
  await logIn(visit);
  await visit("/logout");
  await visit("/logout", { method: "POST", headers: { "sec-fetch-site": "cross-site" } });
  await visit("/logout", post);
  await visit("/logout", post);

  // Denials and callbacks that nobody asked for.
  await visit(await callbackFor(visit, { deny: true }));
  secrets.code.push("forged-code-0123456789");
  secrets.state.push("forged-state-0123456789");
  const forged = "/auth/notion/callback?code=forged-code-0123456789";
  for (const accept of ["text/html", "application/json"])
    for (const query of [
      "&state=forged-state-0123456789",
      "",
      "&code=2",
      "&error=forged-state-0123456789",
      "&iss=https://evil.test",
    ])
      await visit(forged + query, { accept });

  // Logins, refreshes, guards and logouts while Notion misbehaves, and says what it was told.
  const echo = (status) => ({ status, body: { error: "server_error", error_description: secrets.token.join(" ") } });
  const faults = [
    { status: 500 },
    { status: 401 },
    { hang: true },
    { reset: true },
    { reset: "in_body", process: true },
    { endless: true },
    echo(400),
    echo(200),
  ];
  faults.push(
    { status: 202, process: true },
    { headers: { "content-type": "text/html" } },
    { status: 200, body: "<html>" },
  );
  for (const fault of faults) {
    const other = browser();
    const broken = emulator.fault("token", fault);
    await other(await callbackFor(other), json);
    broken.clear();
    await logIn(other);
    const all = ["token", "introspect", "revoke"].map((endpoint) => emulator.fault(endpoint, fault));
    await other("/active", json);
    await other("/refresh", post);
    await other("/logout", post);
    await notion.client
      .exchangeCode("forged-code-0123456789")
      .catch((error) => shown.errors.push(show(error), JSON.stringify(error)));
    await notion.client
      .refresh(secrets.token.at(-1))
      .catch((error) => shown.errors.push(show(error), JSON.stringify(error)));
    for (const one of all) one.clear();
  }

  // An app that talks, and a vault and a store that are down.
  indiscreet = true;
  const last = browser();
  await logIn(last);
  await last("/leave", post);
  indiscreet = false;
  await logIn(last);
  vaultIsDown = true;
  await last("/refresh", post);
  await last("/active", json);
  await last("/logout", post);
  vaultIsDown = false;
  const unlucky = browser();
  const late = await callbackFor(unlucky);
  store.broken = true;
  await unlucky(late);
  store.broken = false;
  await logIn(unlucky);
  store.broken = true;
  await unlucky("/refresh", post);
  await unlucky("/logout", post);
  store.broken = false;
  await unlucky("/logout", { method: "POST" });

  // A job that is given up, and an operator.
  await logIn(unlucky);
  emulator.down();
  await unlucky("/disconnect", post);
  shown.operator.push(show(await notion.revocations.pending()));
  for (let tries = 0; tries < 100 && (await notion.revocations.failed()).length === 0; tries += 1) await wait(20);
  const failed = await notion.revocations.failed();
  shown.operator.push(show(failed));
  emulator.up();
  await visit("/login");
  // On a busy machine more of them are given up meanwhile: their time is short.
  for (let tries = 0; tries < 200 && emulator.activeTokens().length > 0; tries += 1) {
    for (const { id } of await notion.revocations.failed()) await notion.revocations.retry(id);
    await wait(20);
  }
  for (const wrong of [{ clientSecret: `${clientSecret}\n` }, { secret: [secret, ""] }, { [clientSecret]: 1 }].slice(
    0,
    2,
  )) {
    try {
      createNotionOAuth({ clientId, clientSecret, secret, ...wrong });
    } catch (error) {
      shown.errors.push(show(error));
    }
  }
  shown.operator.push(show(notion), show(notion.client), show(app.locals));
  await notion.close({ timeout: 500 });
  server.closeAllConnections();
  server.close();
  const left = emulator.activeTokens().length;
  await emulator.close();
  rmSync(directory, { recursive: true, force: true });
  return left;
}

function readIfThere(file) {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

const left = [await live(true, "production"), await live(false, "development")];
process.send({ secrets, shown, left }, () => process.disconnect());
