import type http from "node:http";
import type { NotionEmulator } from "../../../src/emulator/index.js";
import type { createNotionOAuth } from "../../../src/index.js";
import type { Client } from "../../support/client.js";
import type { Clock } from "./clock.js";
import { seededRandom } from "./random.js";
import { hang, reject } from "./watched-vault.js";
import { type AppProcess, LIFE, openWorld } from "./world.js";

export interface ModelOptions {
  readonly seed: number;
  readonly clock: Clock;
  readonly emulator: NotionEmulator;
  readonly notionServer: http.Server;
  readonly create?: typeof createNotionOAuth;
}

export interface History {
  readonly log: readonly string[];
  /** What broke the promise. */
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** How many commands one history has. */
const COMMANDS = 50;

/** A random history of several browsers, two processes, their faults and those of Notion and the vault; the same for the same seed. */
export async function runHistory({ seed, clock, emulator, notionServer, create }: ModelOptions): Promise<History> {
  const random = seededRandom(seed);
  const log: string[] = [];
  const violations: string[] = [];
  const counts = { logins: 0, logouts: 0, kills: 0, refreshes: 0, unseen: 0, issued: 0 };
  emulator.reset();
  const sameToken = random.chance(0.3);
  emulator.configure({
    refreshKillsAccessToken: random.chance(0.5),
    revokeKillsRefreshToken: random.chance(0.5),
    revokeUnknown: random.pick([200, 400]),
    refreshReplay: random.pick(["invalid_grant", "kill_family"]),
    reauthorize: sameToken ? "same_token" : "new_pair",
    refreshToken: random.pick(["string", "string", "string", "null"]),
  });
  let vaultFault: (() => "before" | "after" | undefined) | undefined;
  let how: () => unknown = reject;
  const somewhat = () =>
    random.chance(0.5) ? undefined : new Promise((resolve) => setTimeout(resolve, random.below(40)));
  const world = await openWorld({
    clock,
    emulator,
    notionServer,
    processes: 2,
    ...(create !== undefined && { create }),
    options: { retry: { minDelay: 50, maxDelay: 2000 }, logoutMode: random.pick(["inline", "background"]) },
    session: { resave: random.chance(0.3), rolling: random.chance(0.3) },
    onCall: somewhat,
    hooks: () => ({
      async before() {
        await somewhat();
        if (vaultFault?.() === "before") await how();
      },
      async after() {
        if (vaultFault?.() === "after") await how();
      },
    }),
  });
  const browsers = Array.from({ length: 3 }, () => ({ client: world.browser() }));
  const loggedOut: { readonly old: Client; readonly at: number }[] = [];
  const living: AppProcess[] = [...world.processes];
  let actors = 0;

  const send = async (client: Client, method: string, path: string) => {
    const process = random.pick(living);
    const there = world.at(client, world.processes.indexOf(process));
    actors += 1;
    const request = there.request(path, {
      method,
      accept: "application/json",
      headers: { "x-actor": `request ${actors}` },
    });
    const answer = await Promise.race([request, process.death.then(() => undefined)]);
    request.catch(() => {});
    for (const [name, value] of there.cookies) client.cookies.set(name, value);
    for (const name of client.cookies.keys()) if (!there.cookies.has(name)) client.cookies.delete(name);
    return answer;
  };
  const commands: Readonly<Record<string, readonly [weight: number, run: () => Promise<unknown>]>> = {
    "log in": [
      14,
      async () => {
        const { client } = random.pick(browsers);
        const login = await send(client, "GET", "/login");
        if (login?.status !== 302) return;
        const who = { user: random.pick(emulator.users).id, workspace: random.pick(emulator.workspaces).id };
        const callback = new URL(await emulator.authorize(login.location, who));
        const answer = await send(client, "GET", callback.pathname + callback.search);
        if (answer?.status === 303) counts.logins += 1;
      },
    ],
    use: [14, () => send(random.pick(browsers).client, "GET", "/me")],
    refresh: [9, () => send(random.pick(browsers).client, "GET", "/refresh")],
    "refresh twice": [
      4,
      () => {
        const { client } = random.pick(browsers);
        return Promise.all([send(client.copy(), "GET", "/refresh"), send(client.copy(), "GET", "/refresh")]);
      },
    ],
    "log out": [
      7,
      async () => {
        const { client } = random.pick(browsers);
        const old = client.copy();
        const answer = await send(client, "POST", "/logout");
        if (answer?.status !== 200) return;
        counts.logouts += 1;
        loggedOut.push({ old, at: log.length });
      },
    ],
    disconnect: [3, () => send(random.pick(browsers).client, "POST", "/disconnect")],
    "app's own regenerate": [2, () => send(random.pick(browsers).client, "GET", "/regenerate")],
    "slow request": [5, () => send(random.pick(browsers).client.copy(), "GET", "/slow")],
    "new browser": [
      1,
      async () => {
        random.pick(browsers).client = world.browser();
      },
    ],
    "access tokens expire": [
      3,
      async () => {
        for (const { value, kind } of emulator.activeTokens())
          if (kind === "access" && random.chance(0.5)) emulator.expireAccessToken(value);
      },
    ],
    time: [4, () => clock.pass(random.pick([500, 3000, 70_000, LIFE * 0.3, LIFE * 0.3, LIFE * 0.6, LIFE * 1.3]))],
    "vault fault": [
      sameToken ? 0 : 4,
      async () => {
        let left = 1 + random.below(3);
        const where = random.pick(["before", "after"] as const);
        how = random.pick([reject, hang]);
        vaultFault = () => (left-- > 0 ? where : undefined);
      },
    ],
    "Notion fault": [
      4,
      async () => {
        const fault = random.pick([
          { hang: true },
          { status: 429, retryAfter: 1 },
          { status: 503 },
          { status: 200, body: "<html>" },
        ]);
        const endpoint = random.pick(["revoke", "revoke", "introspect"] as const);
        emulator.fault(endpoint, { ...fault, times: 1 + random.below(4) });
      },
    ],
    // Not such that lose an answer with tokens in it: nobody could know of them.
    "no tokens": [
      2,
      async () =>
        void emulator.fault("token", { ...random.pick([{ hang: true }, { status: 500 }, { status: 429 }]), times: 1 }),
    ],
    "late tokens": [2, async () => void emulator.fault("token", { delay: random.pick([100, 4000, 7000]), times: 1 })],
    crash: [
      3,
      async () => {
        const [victim] = living.splice(random.below(living.length), 1);
        counts.unseen += victim?.unsaved ?? 0;
        victim?.kill();
        counts.kills += 1;
        living.push(await world.start());
      },
    ],
  };
  const deck = Object.entries(commands).flatMap(([name, [weight, run]]) =>
    Array.from({ length: weight }, () => ({ name, run })),
  );
  const running = new Set<Promise<unknown>>();
  try {
    for (let step = 0; step < COMMANDS; step += 1) {
      const { name, run } = step < 3 ? { name: "log in", run: commands["log in"]![1] } : random.pick(deck);
      log.push(name);
      const done = run().catch((error: unknown) => void violations.push(String(error)));
      running.add(done);
      void done.finally(() => running.delete(done));
      if (name === "time") await done;
      else if (name === "crash" || random.chance(0.4)) await clock.await(done, name);
      else await clock.pass(random.below(60));
    }
    vaultFault = undefined;
    emulator.clearFaults();
    await clock.await(Promise.all(running), "the end of all commands");
    await clock.pass(60_000);
    for (const { old, at } of loggedOut)
      if (await world.isConnected(old)) violations.push(`works after the logout at ${at}`);
    await world.drain();
    const { judge } = world;
    const orphans = judge.orphans();
    if (orphans.length > counts.unseen) violations.push(...orphans.map((one) => `orphan ${one}`));
    violations.push(...judge.taken().map((one) => `taken ${one}`), ...judge.replayed().map((one) => `replayed ${one}`));
    counts.issued = emulator.tokens.length;
    counts.refreshes = emulator.count(
      "token",
      ({ grantType, status }) => grantType === "refresh_token" && status === 200,
    );
    // In the end every session expires.
    await clock.pass(LIFE * 1.5);
    await world.drain();
    const left = new Set(emulator.activeTokens().map(({ family, issuedAt }) => `${family} ${issuedAt}`));
    if ([...left].some((one) => !orphans.includes(one))) violations.push("a token outlives its session");
  } finally {
    world.end();
  }
  return { log, violations, counts };
}
