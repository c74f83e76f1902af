import * as http from "node:http";
import express from "express";
import session from "express-session";
import { vi } from "vitest";
import type { NotionEmulator } from "../../../src/emulator/index.js";
import {
  createNotionOAuth,
  memoryVault,
  type NotionOAuth,
  type NotionOAuthOptions,
  type NotionVault,
  type Vault,
} from "../../../src/index.js";
import { credentials, quietLogger } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { tokenHash, tokenKey } from "../../../src/vault/tokens.js";
import type { Clock } from "./clock.js";
import { Judge } from "./judge.js";
import { MemoryAgent } from "./memory-network.js";
import { type Footprint, Gates } from "./orders.js";
import { describeCall, type VaultCall, type VaultHooks, watchedVault } from "./watched-vault.js";

/** How long a session lives unused, in ms. */
export const LIFE = 3_600_000;

export interface WorldOptions {
  readonly clock: Clock;
  readonly emulator: NotionEmulator;
  /** The emulator's server, which is reached without a socket. */
  readonly notionServer: http.Server;
  readonly processes?: number;
  readonly options?: Partial<NotionOAuthOptions>;
  readonly session?: Partial<session.SessionOptions>;
  /** Connections belong to the app's users. */
  readonly users?: true;
  /** Other code than that of `src`, such as a copy with a fault in it. */
  readonly create?: typeof createNotionOAuth;
  /** What happens around each call of the vault, whoever makes it. */
  readonly hooks?: (process: number) => VaultHooks;
  /** Awaited before each call to Notion. */
  readonly onCall?: (path: string) => unknown;
  /** What stands before `notion.middleware()`, such as Passport. */
  readonly before?: (app: express.Express, notion: NotionOAuth) => void;
  /** What the app of a process serves beyond its usual routes. */
  readonly routes?: (app: express.Express, notion: NotionOAuth, world: World) => void;
}

/** One process of the app. */
export interface AppProcess {
  readonly notion: NotionOAuth;
  readonly server: http.Server;
  /** From now on nothing that it does reaches anybody. */
  kill(): void;
  readonly isDead: boolean;
  /** Resolves when it is killed. */
  readonly death: Promise<void>;
  /** How many token answers it may know of that stand nowhere else. */
  readonly unsaved: number;
}

/** Several processes of an app on one vault and one store of sessions, with an emulated Notion: without sockets, on a clock of their own. */
export interface World {
  gates: Gates;
  judge: Judge;
  readonly emulator: NotionEmulator;
  readonly clock: Clock;
  readonly processes: readonly AppProcess[];
  /** The sessions as they stand in the store. */
  readonly rows: Map<string, string>;
  /** As they were written last, also those that were destroyed since. */
  readonly written: Map<string, string>;
  /** A name for what has a new id in each run: the same one wherever the same actor made it. */
  nameOf(id: string): string;
  newSessionId(): string;
  /** Ids of the sessions that actors came with: the row was read, and no mark said at once that it is over. */
  readonly cameWith: Map<string, string>;
  browser(): Client;
  /** A browser in which a user is logged in to the app, and to nothing else. */
  browserOf(user: string): Promise<Client>;
  /** The same browser, as it reaches another process. */
  at(client: Client, process: number): Client;
  /** Starts a login in the browser. @returns the callback that Notion would send it to */
  callback(client: Client, who?: { user?: string; workspace?: string }): Promise<string>;
  logIn(client: Client, who?: { user?: string; workspace?: string }): Promise<Answer>;
  start(): Promise<AppProcess>;
  /** One turn of a worker, in a process of its own: takes what is due, and brings it to its end. */
  workerTurn(): Promise<void>;
  /** Lets so much time pass for the vault at once, without anybody who notices before he looks. */
  jump(ms: number): void;
  /** Everything is as after the start, but for the processes: they go on. */
  reset(): Promise<void>;
  /** Lets the workers work until nothing waits any more. */
  drain(most?: number): Promise<void>;
  /** Whether any of the processes shows these cookies a connection. */
  isConnected(client: Client): Promise<boolean>;
  end(): void;
}

const ORIGIN = "http://127.0.0.1:1";
const SECRET = "the secret that seals the entries of this world";

export async function openWorld(given: WorldOptions): Promise<World> {
  const { clock, emulator, options = {}, processes = 1 } = given;
  let inner = memoryVault();
  const vault: NotionVault = { open: (clientId) => latest(() => inner.open(clientId)) };
  const rows = new Map<string, string>();
  const written = new Map<string, string>();
  const newJudge = () =>
    new Judge({
      emulator,
      clientId: credentials.clientId,
      secret: SECRET,
      logoutEndsForAll: (options.revokeOnLogout ?? !given.users) === true,
      logoutHandsOver: !given.users && options.revokeOnLogout === false,
    });
  const started: AppProcess[] = [];
  let ahead = 0;
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const count = (actor: string) => {
    counts.set(actor, (counts.get(actor) ?? 0) + 1);
    return `${actor} ${counts.get(actor)}`;
  };
  const now = performance.now.bind(performance);
  performance.now = () => now() + ahead;

  const world: World = {
    gates: new Gates(),
    judge: newJudge(),
    emulator,
    clock,
    rows,
    written,
    cameWith: new Map(),
    nameOf(id) {
      const name = names.get(id) ?? count(world.gates.actor ?? "nobody");
      names.set(id, name);
      return name;
    },
    newSessionId: () => count(`session of ${world.gates.actor ?? "nobody"}`).replaceAll(" ", "-"),
    processes: started,
    browser: () => at(new Map(), started[0]!),
    async browserOf(user) {
      const client = world.browser();
      await clock.await(client.post(`/log-in/${user}`));
      return client;
    },
    at: (client, index) => at(client.cookies, started[index]!),
    async callback(client, who = {}) {
      const login = await clock.await(client.get("/login?returnTo=/state"));
      const callback = new URL(await emulator.authorize(login.location, who));
      return callback.pathname + callback.search;
    },
    async logIn(client, who) {
      return clock.await(client.get(await world.callback(client, who)));
    },
    async start() {
      const one = startProcess(given, world, vault, started.length);
      started.push(one);
      // With several clients in one app, one that has seen no request yet may share the store of another.
      await clock.await(at(new Map(), one).get("/state"));
      return one;
    },
    async workerTurn() {
      const notion = createProcess(given, world, vault, started.length, () => undefined);
      notion.revocations.work();
      await notion.close();
    },
    jump(ms) {
      ahead += ms;
    },
    async reset() {
      await clock.settled();
      emulator.reset();
      inner = memoryVault();
      rows.clear();
      written.clear();
      names.clear();
      counts.clear();
      world.cameWith.clear();
      world.gates = new Gates();
      world.judge = newJudge();
    },
    async drain(most = 600_000) {
      await clock.until(() => world.judge.unfinished().length === 0, "the end of all that has to die", most);
    },
    async isConnected(client) {
      for (const one of started.filter(({ isDead }) => !isDead)) {
        const state = await clock.await(at(client.cookies, one).get("/state"));
        if (state.status !== 200 || state.json().connected !== false) return true;
      }
      return false;
    },
    end() {
      for (const one of started) {
        void one.notion.close({ timeout: 1 });
        one.kill();
      }
      vi.clearAllTimers();
      performance.now = now;
    },
  };
  for (let index = 0; index < processes; index++) await world.start();
  return world;
}

function at(cookies: ReadonlyMap<string, string>, { server }: AppProcess): Client {
  const client = new Client(ORIGIN, new MemoryAgent(() => server));
  for (const [name, value] of cookies) client.cookies.set(name, value);
  return client;
}

/** The entries of the vault that is in use when it is called. */
function latest(current: () => Vault): Vault {
  return {
    insert: (entry) => current().insert(entry),
    get: (id) => current().get(id),
    replace: (entry, version) => current().replace(entry, version),
    erase: (id, version) => current().erase(id, version),
    takeDue: (limit, leaseMs) => current().takeDue(limit, leaseMs),
    nextDueIn: () => current().nextDueIn(),
    find: (query, page) => current().find(query, page),
  };
}

/** A login that learns from a mark, before it has begun, that its session is over is one of a browser without a session. */
function forgetOver({ gates, cameWith }: World, id: string | undefined): void {
  const sid = gates.actor && cameWith.get(gates.actor);
  const hasBegun = gates.trace.includes(`${gates.actor}: insert state`);
  if (sid && id === `s-${tokenHash(sid)}` && !hasBegun) cameWith.delete(gates.actor ?? "");
}

/** @param unlessDead a step out of the process: when that is dead, nothing happens and nobody is told */
function createProcess(
  given: WorldOptions,
  world: World,
  vault: NotionVault,
  index: number,
  unlessDead: () => Promise<never> | undefined,
  grants: Set<object> = new Set(),
): NotionOAuth {
  const { clock } = world;
  const hooks = given.hooks?.(index) ?? {};
  const answered = new WeakSet<object>();
  const by = () => world.gates.origin ?? `process ${index}`;
  const watched = watchedVault(vault, {
    async before(call) {
      clock.stir();
      if (call.method !== "nextDueIn") await world.gates.wait(describeCall(call), footprintOf(call, world));
      await unlessDead();
      await hooks.before?.(call);
      await unlessDead();
    },
    happened(call, result) {
      const isWritten =
        result === true && call.entry !== undefined && world.judge.bringsTokens(call.method, call.entry);
      world.judge.happened(call, result, by());
      if (call.method === "get" && result !== undefined) forgetOver(world, call.id);
      const [oldest] = grants;
      if (isWritten && oldest !== undefined && answered.has(oldest)) grants.delete(oldest);
      hooks.happened?.(call, result);
    },
    async after(call, result) {
      await hooks.after?.(call, result);
      clock.stir();
      await unlessDead();
    },
  });
  const notionAgent = new (class extends MemoryAgent {
    addRequest(request: http.ClientRequest, ...rest: unknown[]): void {
      const { end } = request;
      request.end = ((body?: string) => {
        void send(request, body, () => {
          // @ts-expect-error: Node does not document it, and every agent has it.
          super.addRequest(request, ...rest);
        });
        return Reflect.apply(end, request, [body]) as http.ClientRequest;
      }) as typeof end;
    }
  })(() => given.notionServer);
  async function send(request: http.ClientRequest, body: string | undefined, go: () => void): Promise<void> {
    clock.stir();
    const { token = "" } = JSON.parse(body || "{}") as { token?: string };
    // A killed process lives on here for its deadlines, and asks nobody anything.
    const dead = unlessDead();
    if (dead !== undefined) await dead;
    if (request.path === "/v1/oauth/revoke") world.judge.revoking(token, by());
    const isRead = request.path === "/v1/oauth/introspect" || request.method === "GET";
    const own =
      request.path === "/v1/oauth/token" || token === "" ? "notion:*" : `notion:${world.nameOf(tokenKey(token))}`;
    await world.gates.wait(request.path.replace(/^.v1.(oauth.)?/, ""), isRead ? { reads: [own] } : { writes: [own] });
    await unlessDead();
    const isGrant = request.path === "/v1/oauth/token";
    if (isGrant) grants.add(request);
    request.once("response", (response: http.IncomingMessage) => {
      response.once("end", () => clock.stir());
      if (response.statusCode === 200) answered.add(request);
      else grants.delete(request);
    });
    request.once("error", () => grants.delete(request));
    await given.onCall?.(request.path);
    await unlessDead();
    go();
  }

  return (given.create ?? createNotionOAuth)({
    ...credentials,
    secret: SECRET,
    redirectUri: `${ORIGIN}/auth/notion/callback`,
    baseUrl: world.emulator.url,
    agent: notionAgent,
    logger: quietLogger,
    sessionLifetime: LIFE,
    vault: watched,
    ...(given.users && { user: (req: express.Request) => req.session?.appUser }),
    ...given.options,
  });
}

function startProcess(given: WorldOptions, world: World, vault: NotionVault, index: number): AppProcess {
  let isDead = false;
  const never = new Promise<never>(() => {});
  const unlessDead = () => (isDead ? never : undefined);
  const grants = new Set<object>();
  let die = (): void => {};
  const death = new Promise<void>((resolve) => {
    die = resolve;
  });
  const notion = createProcess(given, world, vault, index, unlessDead, grants);
  const app = express();
  app.set("env", "test");
  app.use((req, _res, next) => {
    const actor = req.headers["x-actor"];
    if (typeof actor === "string") world.gates.as(actor, next);
    else next();
  });
  const store = sharedStore(world, unlessDead);
  app.use(
    session({
      secret: "s",
      resave: false,
      saveUninitialized: false,
      genid: world.newSessionId,
      ...given.session,
      store,
    }),
  );
  app.post("/log-in/:user", (req, res) => {
    req.session.appUser = req.params.user;
    res.json({});
  });
  given.before?.(app, notion);
  app.use(notion.middleware());
  addRoutes(app, notion, world);
  given.routes?.(app, notion, world);
  app.use((error: { status?: number; code?: string }, _req: express.Request, res: express.Response, _next: unknown) => {
    if (!res.headersSent) res.status(error.status ?? 500).json({ error: error.code });
  });
  const server = http.createServer(app);
  return {
    notion,
    server,
    get isDead() {
      return isDead;
    },
    death,
    get unsaved() {
      return grants.size;
    },
    kill() {
      isDead = true;
      die();
    },
  };
}

function addRoutes(app: express.Express, notion: NotionOAuth, world: World): void {
  const { emulator } = world;
  app.get("/state", (req, res) => {
    res.json({ connected: req.notion.isConnected(), bots: req.notion.connections.map(({ botId }) => botId) });
  });
  // Says whether the token that it was given works.
  app.get("/me", notion.requireConnection(), async (req, res, next) => {
    try {
      const token = await req.notion.withAccessToken((given) => {
        if (!emulator.isActive(given)) throw Object.assign(new Error("Notion refused"), { status: 401 });
        return given;
      });
      res.json({ works: emulator.isActive(token) });
    } catch (error) {
      next(error);
    }
  });
  app.get("/refresh", notion.requireConnection(), async (req, res, next) => {
    try {
      res.json({ works: emulator.isActive(await req.notion.refresh()) });
    } catch (error) {
      next(error);
    }
  });
  // What an app does by itself, for its own login say.
  app.get("/regenerate", (req, res, next) => {
    const { cookie, ...data } = { ...req.session };
    req.session.regenerate((error) => {
      if (error) return next(error);
      Object.assign(req.session, data);
      res.json({});
    });
  });
  // A slow request, which saves its copy of the session at its end.
  app.get("/slow", async (req, res) => {
    await world.gates.wait("goes on", {});
    if (req.session) Object.assign(req.session, { visits: 1 });
    res.json({});
  });
}

/** What all processes see of the sessions; each has a store of its own, as each has its own connections to a database. */
function sharedStore(world: World, unlessDead: () => Promise<never> | undefined): session.Store {
  const { rows, written, clock, cameWith } = world;
  type Done = (error?: unknown, value?: session.SessionData | null) => void;
  const step = async (
    name: string,
    sid: string,
    footprint: Footprint,
    done: Done | undefined,
    run: () => session.SessionData | null | undefined,
  ) => {
    const { actor } = world.gates;
    clock.stir();
    await world.gates.wait(name, footprint);
    await unlessDead();
    const result = run();
    if (name === "reads the session" && result && actor !== undefined) cameWith.set(actor, sid);
    await unlessDead();
    clock.stir();
    done?.(null, result);
  };
  return new (class extends session.Store {
    get(sid: string, done: Done): void {
      void step("reads the session", sid, { reads: [`row:${sid}`] }, done, () => {
        const row = rows.get(sid);
        return row === undefined ? null : (JSON.parse(row) as session.SessionData);
      });
    }
    set(sid: string, row: session.SessionData, done?: Done): void {
      // As it is now: what changes afterwards is not in it.
      const text = JSON.stringify(row);
      void step("writes the session", sid, { writes: [`row:${sid}`] }, done, () => {
        rows.set(sid, text);
        written.set(sid, text);
        return undefined;
      });
    }
    destroy(sid: string, done?: Done): void {
      void step("destroys the session", sid, { writes: [`row:${sid}`] }, done, () => void rows.delete(sid));
    }
  })();
}

function footprintOf({ method, id, entry, query }: VaultCall, { judge, nameOf }: World): Footprint {
  const nameOfKey = (key: string) => {
    const [kind = ""] = key.split(":");
    // Two logins of one bot may come in any order: all bots and workspaces are taken for one.
    return `key:${kind === "bot" || kind === "workspace" ? kind : nameOf(key)}`;
  };
  if (method === "takeDue") return { writes: ["vault:*"], indexed: ["key:*"] };
  if (method === "find") return { looks: [query?.key === undefined ? "key:*" : nameOfKey(query.key)] };
  const name = `vault:${nameOf(id ?? "")}`;
  if (method === "get") return { reads: [name] };
  const keys = [...(entry?.keys ?? []), ...(judge.entries.get(id ?? "")?.keys ?? [])];
  return { writes: [name], indexed: [...new Set(keys)].map(nameOfKey) };
}
