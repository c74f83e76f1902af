import * as http from "node:http";
import express from "express";
import session from "express-session";
import {
  createNotionOAuth,
  type Lock,
  type NotionOAuth,
  type NotionOAuthOptions,
  type RevocationQueue,
} from "../../../src/index.js";
import { credentials, delay, listen } from "../../support/app.js";

/** What the processes of an app share. */
export interface Shared {
  readonly store: session.Store;
  readonly queue: RevocationQueue;
  readonly lock: Lock | undefined;
  readonly notionUrl: string;
  readonly redirectUri: string;
  readonly options: Partial<NotionOAuthOptions>;
  readonly session: Partial<session.SessionOptions>;
  /** Awaited before and after every step out of the process; may hold it up. */
  pause(when: "before" | "after"): Promise<void>;
  /** The first middleware. */
  readonly enter?: express.RequestHandler;
  /** Hashes of the access tokens that a queue said it holds. */
  readonly secured: Set<string>;
}

/** An instance of the app that can die at any moment: from then on nothing it does reaches anybody. */
export interface MortalApp {
  readonly origin: string;
  readonly notion: NotionOAuth;
  readonly dead: boolean;
  /** @returns how many token answers died with it before a queue held them */
  kill(): number;
  close(): Promise<void>;
}

export async function mortalApp(shared: Shared): Promise<MortalApp> {
  let dead = false;
  let closed = false;
  const never = new Promise<never>(() => {});
  let die = (): void => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  /** A step out of the process: with its death in the middle it happens or not, and nobody is told. */
  const step = async <T>(run: () => Promise<T>): Promise<T> => {
    await shared.pause("before");
    if (dead) return never;
    const result = await run();
    await shared.pause("after");
    return dead ? never : result;
  };

  // Grants that were sent and of whose tokens no queue knows yet.
  const grants = new Set<object>();
  const agent = new (class extends http.Agent {
    addRequest(request: http.ClientRequest, ...rest: unknown[]): void {
      if (dead) return;
      if (request.path === "/v1/oauth/token") {
        grants.add(request);
        request.on("response", ({ statusCode }: http.IncomingMessage) => {
          if (statusCode !== 200) grants.delete(request);
        });
        request.on("error", () => !dead && grants.delete(request));
      }
      void shared.pause("before").then(() => {
        // @ts-expect-error: Node does not document it, and every agent has it.
        if (!dead) super.addRequest(request, ...rest);
      });
    }
  })({ keepAlive: false });

  const queue: RevocationQueue = {
    ...shared.queue,
    pollInterval: 15,
    add: (job) =>
      step(async () => {
        await shared.queue.add(job);
        shared.secured.add(job.id.slice(2));
        const [first] = grants;
        if (first !== undefined) grants.delete(first);
      }),
    take: (limit, leaseMs) => step(() => shared.queue.take(limit, leaseMs)),
    acknowledge: (id, lease) => step(() => shared.queue.acknowledge(id, lease)),
    reschedule: (job, lease) => step(() => shared.queue.reschedule(job, lease)),
    fail: (job, lease) => step(() => shared.queue.fail(job, lease)),
    cancel: (id) => step(() => shared.queue.cancel(id)),
    get: (id) => step(() => shared.queue.get(id)),
    list: (state, limit) => step(() => shared.queue.list(state, limit)),
    nextDueAt: () => step(async () => shared.queue.nextDueAt?.()),
    async close() {},
  };

  const { store: shop } = shared;
  const store = new (class extends session.Store {
    get(sid: string, done: (error: unknown, session?: session.SessionData | null) => void): void {
      call(() => fromCallback<session.SessionData | null>((cb) => shop.get(sid, cb as never)), done as never);
    }
    set(sid: string, row: session.SessionData, done?: (error?: unknown) => void): void {
      // As it is now: what changes afterwards is not in it.
      const copy = JSON.parse(JSON.stringify(row)) as session.SessionData;
      call(() => fromCallback((cb) => shop.set(sid, copy, cb)), done);
    }
    destroy(sid: string, done?: (error?: unknown) => void): void {
      call(() => fromCallback((cb) => shop.destroy(sid, cb)), done);
    }
    override touch(sid: string, row: session.SessionData, done?: () => void): void {
      call(() => fromCallback((cb) => shop.touch?.(sid, row, cb as () => void)), done);
    }
  })();
  function call<T>(run: () => Promise<T>, done: ((error: unknown, value?: T) => void) | undefined): void {
    void step(run).then(
      (value) => done?.(null, value),
      (error: unknown) => done?.(error),
    );
  }

  const { lock } = shared;
  const notion = createNotionOAuth({
    ...credentials,
    redirectUri: shared.redirectUri,
    baseUrl: shared.notionUrl,
    agent,
    revocations: queue,
    // A real lock ends with the life of its holder.
    ...(lock !== undefined && {
      lock: <T>(key: string, ttlMs: number, fn: () => Promise<T>) =>
        new Promise<T>((resolve, reject) => {
          void lock(key, ttlMs, () => Promise.race([fn().then(resolve, reject), death]));
        }),
    }),
    timeout: 700,
    logoutTimeout: 400,
    retry: { minDelay: 20, maxDelay: 300 },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...shared.options,
  });

  const app = express();
  app.set("env", "test");
  if (shared.enter !== undefined) app.use(shared.enter);
  app.use(session({ secret: "s", resave: false, saveUninitialized: false, ...shared.session, store }));
  app.use(notion.middleware());
  app.get("/state", (req, res) => void res.json({ connected: req.notion.isConnected() }));
  app.get("/me", notion.requireConnection(), async (req, res) => {
    res.json(
      await req.notion.withAccessToken(async (token) => {
        const answer = await fetch(`${shared.notionUrl}/v1/users/me`, {
          headers: { authorization: `Bearer ${token}`, "notion-version": "2025-09-03" },
        });
        await answer.arrayBuffer();
        if (!answer.ok) throw Object.assign(new Error("Notion refused"), { status: answer.status });
        return {};
      }),
    );
  });
  app.get("/refresh", notion.requireConnection(), async (req, res) => void res.json(!!(await req.notion.refresh())));
  app.get("/slow/:ms", async (req, res) => {
    await delay(Number(req.params.ms));
    if (req.session !== undefined) Object.assign(req.session, { visits: Math.random() });
    res.json({});
  });
  app.post("/own-logout", (req, res) => req.session.destroy(() => res.json({})));
  app.use((error: { status?: number }, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    if (!res.headersSent) res.status(error.status ?? 500).json({});
  });
  const { server, origin } = await listen(app);

  return {
    origin,
    notion,
    get dead() {
      return dead;
    },
    kill() {
      if (dead || closed) return 0;
      dead = true;
      die();
      server.closeAllConnections();
      server.close();
      agent.destroy();
      return grants.size;
    },
    async close() {
      if (dead || closed) return;
      closed = true;
      // As an app should: the requests first, then the package.
      await Promise.race([new Promise((resolve) => server.close(resolve)), delay(3000)]);
      await notion.close({ timeout: 300 });
      server.closeAllConnections();
      dead = true;
      agent.destroy();
    },
  };
}

function fromCallback<T>(run: (done: (error?: unknown, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    run((error, value) => (error === undefined || error === null ? resolve(value as T) : reject(error))),
  );
}
