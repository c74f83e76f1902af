// One contestant: an Express app in a process of its own.
import { monitorEventLoopDelay } from "node:perf_hooks";
import express from "express";
import session from "express-session";
import { contestants } from "../contestants/index.mjs";
import { answer } from "./parent.mjs";
import { createProfiler } from "./profiler.mjs";

const { name, notionUrl, database } = JSON.parse(process.argv[2]);

/** How often the event loop is looked at, in ms. */
const RESOLUTION = 1;
const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
const profiler = createProfiler();
const app = express();
const store = new session.MemoryStore();
app.use(session({ secret: "session secret", resave: false, saveUninitialized: false, store }));
const extra = (await contestants[name].mount(app, { notionUrl, database })) ?? {};
// Whatever a contestant does not catch is answered with its status, without a trace on the screen.
app.use((error, _req, res, _next) => {
  if (!res.headersSent) res.status(error.status ?? 500).json({ error: error.code ?? error.name });
});

const server = app.listen(0, "127.0.0.1", () => {
  answer({
    origin: () => `http://127.0.0.1:${server.address().port}`,
    /** CPU time of this process so far, all threads, in µs. Collects garbage first, so that nobody pays for what was before. */
    cpu() {
      globalThis.gc();
      return used();
    },
    /** The same without a collection: for the end of an interval. */
    cpuNow: used,
    pending: () => extra.pending?.() ?? 0,
    watchLoop() {
      globalThis.gc();
      loop.enable();
    },
    /** For how long the event loop was held beyond the resolution of the watch, in ms. */
    loopHeld() {
      loop.disable();
      const ms = (ns) => Math.max(0, ns / 1e6 - RESOLUTION);
      return {
        p50: ms(loop.percentile(50)),
        p99: ms(loop.percentile(99)),
        "p99.9": ms(loop.percentile(99.9)),
        max: ms(loop.max),
      };
    },
    startProfile: () => profiler.start(),
    endProfile: () => profiler.end(),
  });
});
server.keepAliveTimeout = 120_000;

function used() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
