// A Notion that costs next to nothing, so that what is measured is the app: it issues tokens for any code, and revokes. The faults are set over IPC.
import { createServer } from "node:http";
import { tokenAnswer } from "../contestants/notion.mjs";
import { answer } from "./parent.mjs";

let delay = 0;
let hang = false;
let down = false;
let unavailable = 0;
let limit;
/** How long a limit counts, in ms. */
let period = 1000;
let taken = { period: 0, calls: 0 };
let calls = 0;
const dead = new Set();

const confirmation = Buffer.from("{}");
let issued = 0;
const headers = { "content-type": "application/json", "content-length": confirmation.length };

const server = createServer((req, res) => {
  if (down) {
    req.socket.resetAndDestroy();
    return;
  }
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    if (req.url === "/v1/oauth/token") return issue();
    calls += 1;
    if (hang) return;
    if (limit !== undefined && isTooMany()) return res.writeHead(429, { "retry-after": restOfPeriod() }).end();
    if (delay === 0) reply();
    else setTimeout(reply, delay);
  });

  function isTooMany() {
    const now = Math.floor(Date.now() / period);
    if (taken.period !== now) taken = { period: now, calls: 0 };
    taken.calls += 1;
    return taken.calls > limit;
  }

  /** In whole seconds, as a server says it. */
  function restOfPeriod() {
    return String(Math.max(1, Math.ceil((period - (Date.now() % period)) / 1000)));
  }

  function issue() {
    issued += 1;
    // As long as Notion's own, and each another one.
    const number = String(issued).padStart(46, "0");
    const body = JSON.stringify(tokenAnswer(`ntn_${number}`, `nrt_${number}`));
    res.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  }

  function reply() {
    // Every second call, not a random half: the same for all contestants.
    if (unavailable > 0 && calls % Math.round(1 / unavailable) === 0) {
      const body = '{"object":"error","status":503,"code":"service_unavailable"}';
      res.writeHead(503, { "content-type": "application/json", "content-length": body.length }).end(body);
      return;
    }
    dead.add(JSON.parse(Buffer.concat(chunks).toString("utf8")).token);
    res.writeHead(200, headers).end(confirmation);
  }
});
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  answer({
    url: () => `http://127.0.0.1:${server.address().port}`,
    /** How Notion behaves from now on. */
    behave(how) {
      ({ delay = 0, hang = false, down = false, unavailable = 0, limit, period = 1000 } = how);
      calls = 0;
      dead.clear();
      if (down || !hang) server.closeAllConnections();
    },
    calls: () => calls,
    /** How many of these tokens are dead. */
    countDead: (tokens) => tokens.filter((token) => dead.has(token)).length,
  });
});
