// One contestant: an Express app in a process of its own, with three routes that all of them have.
import { contestants } from "./contestants/index.mjs";
import { answer } from "../processes/parent.mjs";

const { name, notionUrl, publicOrigin, ...options } = JSON.parse(process.argv[2]);
const contestant = contestants[name];
const { default: express } = await import(contestant.express ?? "express");

// Some tell the console of the faults that are made here.
console.error = () => {};
// Some have Notion's address in their code.
const { fetch } = globalThis;
globalThis.fetch = (target, init) => {
  const { href } = new URL(target.url ?? target);
  return fetch(href.replace("https://api.notion.com", notionUrl), init);
};

const app = express();
const server = app.listen(0, "127.0.0.1", async () => {
  const own = `http://127.0.0.1:${server.address().port}`;
  const parts = await contestant.mount(app, { notionUrl, origin: publicOrigin ?? own, ...options });
  const started = deferred();
  const released = deferred();

  // What the app does with the token: it reads from Notion.
  app.get("/me", async (req, res) => {
    const token = await parts.accessToken(req);
    if (token === undefined) return res.status(401).json({ error: "not_connected" });
    const read = await fetch(`${notionUrl}/v1/users/me`, {
      headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" },
    });
    res.status(read.ok ? 200 : 502).json({ status: read.status });
  });
  // A request that takes long, and changes something in the session at its end.
  app.get("/slow", async (req, res) => {
    await parts.accessToken(req);
    started.resolve();
    await released.promise;
    if (req.session !== undefined) req.session.seen = Date.now();
    res.json({});
  });
  if (parts.refresh !== undefined)
    app.post("/refresh", async (req, res) => {
      await parts.refresh(req);
      res.json({});
    });
  app.use((error, _req, res, _next) => {
    if (!res.headersSent) res.status(error.status ?? 500).json({ error: error.message });
  });

  answer({
    origin: () => own,
    slowHasBegun: () => started.promise,
    release: () => released.resolve(),
    breakStore: () => parts.breakStore?.(),
    can: () => ({ refresh: parts.refresh !== undefined, breakStore: parts.breakStore !== undefined }),
  });
});

function deferred() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
