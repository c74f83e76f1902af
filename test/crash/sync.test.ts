import { expect, test } from "vitest";
import type { EmulatedToken } from "../../src/emulator/index.js";
import { createNotionOAuth, type NotionOAuth } from "../../src/index.js";
import type { ConnectionData } from "../../src/vault/entry.js";
import { credentials, eventually, quietLogger } from "../support/app.js";
import { type Answer, Client } from "../support/client.js";
import { json, unrest } from "./support/checks.js";
import { describeOn } from "./support/database.js";
import type { KillableApp } from "./support/killable-app.js";
import { type Lab, openLab, unlessKilled } from "./support/lab.js";
import { SEED, scale, seededRandom } from "./support/random.js";

/** Each time so many things happen at once, and one process is killed. */
const ROUNDS = scale > 1 ? 4 * scale : 3;
/** How many access tokens die in a round, each while several processes use it. */
const EXPIRED = 12;
/** So many users have a browser. */
const BROWSERS = 8;
/** How long before the death of its process a pair may have been issued that it had in hand, in ms: Notion's answer, and the write. */
const IN_HAND = 3000;

interface Ended {
  readonly user: string;
  /** When the end was answered, in ms since 1970. */
  readonly at: number;
  /** All that was issued for that user by then. */
  readonly tokens: ReadonlySet<string>;
}

const userOf = (index: number) => `user-${index}@example.com`;

/** What happened, for the figures. */
interface Struck {
  kills: number;
  refreshes: number;
  calls: number;
  outages: number;
  reconnected: number;
  lost: number;
}

class Sync {
  readonly lab: Lab;
  readonly #random = seededRandom(SEED);
  readonly ended: Ended[] = [];
  readonly #browsers = new Map<string, Client>();
  readonly #gone = new Set<string>();
  readonly failures: string[] = [];
  readonly processes: KillableApp[] = [];
  readonly dead: KillableApp[] = [];
  readonly struck: Struck = { kills: 0, refreshes: 0, calls: 0, outages: 0, reconnected: 0, lost: 0 };

  constructor(lab: Lab) {
    this.lab = lab;
  }

  /** Two processes for browsers, and two for jobs. */
  async start(notion: NotionOAuth): Promise<void> {
    const users = Array.from({ length: SIZE }, (_, index) => userOf(index));
    for (let from = 0; from < users.length; from += 25)
      await Promise.all(
        users
          .slice(from, from + 25)
          .map((user) => notion.connections.add({ user, tokens: { ...this.lab.emulator.issue({ user }) } })),
      );
    for (let index = 0; index < 4; index++) this.processes.push(await this.#startOne(index));
    for (const user of users.slice(0, BROWSERS)) {
      const browser = new Client(this.#web().origin);
      await browser.post(`/log-in/${encodeURIComponent(user)}`);
      this.#browsers.set(user, browser);
    }
  }

  #startOne(index: number): Promise<KillableApp> {
    return this.lab.start({ worker: index > 1 });
  }

  #web = () => this.processes[this.#random.below(2)]!;
  #any = () => this.#random.pick(this.processes);

  #users(): string[] {
    return Array.from({ length: SIZE }, (_, index) => userOf(index)).filter((user) => !this.#gone.has(user));
  }

  tokensOf(user: string): EmulatedToken[] {
    const { emulator } = this.lab;
    const { id } = emulator.users.find(({ email }) => email === user)!;
    return emulator.tokens.filter(({ userId }) => userId === id);
  }

  #job(app: KillableApp, user: string, act = ""): Promise<Answer | undefined> {
    return unlessKilled(new Client(app.origin).post(`/jobs/${encodeURIComponent(user)}${act}`, json));
  }

  /** One of them ends by the hand of its user. What was answered counts. */
  async #end(user: string, way: "disconnect" | "erase"): Promise<void> {
    this.#gone.add(user);
    const browser = this.#browsers.get(user);
    const app = this.#any();
    const answer =
      way === "disconnect" && browser !== undefined
        ? await unlessKilled(browser.post(`${this.#web().origin}/disconnect`, json))
        : await this.#job(app, user, `/${way}`);
    const at = Date.now();
    // Who got no answer asks again later; so do these at the end.
    if (answer?.status !== 200) return;
    this.ended.push({ user, at, tokens: new Set(this.tokensOf(user).map(({ value }) => value)) });
  }

  async #connectAgain(user: string): Promise<void> {
    const app = this.#web();
    const browser = this.#browsers.get(user)!;
    const answer = await this.lab.logIn(browser, app, { user }).catch(() => undefined);
    if (answer?.status === 303) this.struck.reconnected += 1;
  }

  async round(number: number): Promise<void> {
    const { emulator } = this.lab;
    const random = this.#random;
    const begun = emulator.requests.length;
    const users = this.#users();
    const chosen = Array.from({ length: EXPIRED }, () => random.pick(users));
    // Nobody is told that these are dead: whoever uses them next refreshes.
    for (const user of chosen)
      for (const { kind, state, value } of this.tokensOf(user))
        if (kind === "access" && state === "active") emulator.expireAccessToken(value);
    const victim = random.below(4);
    const atRequest = begun + random.below(EXPIRED * 3);
    const isKilledByItself = random.chance(0.5);
    if (isKilledByItself)
      await this.processes[victim]!.arm({
        call: 1 + random.below(60),
        when: random.chance(0.5) ? "before" : "after",
      });
    const work: Promise<unknown>[] = this.processes
      .slice(2)
      .map((app) => unlessKilled(new Client(app.origin).post("/jobs/all", json)));
    for (const user of chosen) {
      work.push(this.#job(this.processes[0]!, user), this.#job(this.processes[3]!, user));
      const browser = this.#browsers.get(user) ?? this.#browsers.get(random.pick([...this.#browsers.keys()]));
      work.push(unlessKilled(browser!.copy().get(`${this.#web().origin}/me`, json)));
    }
    const enders = users.filter((user) => !chosen.slice(2).includes(user));
    work.push(this.#end(chosen[0]!, "disconnect"), this.#end(random.pick(enders), "erase"));
    const [again] = [...this.#browsers.keys()].filter((user) => !this.#gone.has(user));
    if (again !== undefined) work.push(this.#connectAgain(again));

    const reaches = (count: number) => eventually(() => emulator.requests.length >= count, "", 2000).catch(() => {});
    if (number % 3 === 2) {
      await reaches(begun + random.below(EXPIRED * 2));
      emulator.down({ status: 503 });
      this.struck.outages += 1;
      await reaches(emulator.requests.length + 10);
      emulator.up();
    }
    await reaches(atRequest);
    // One that dies at a call of the vault may have made fewer.
    await this.#kill(victim);
    await Promise.all(work);
  }

  async #kill(index: number): Promise<void> {
    const app = this.processes[index]!;
    await app.kill();
    this.dead.push(app);
    this.struck.kills += 1;
    this.processes[index] = await this.#startOne(index);
  }

  /** All that has to end has, and what is left works. */
  async finish(): Promise<void> {
    const { lab, failures, struck } = this;
    for (const user of this.#gone) {
      const answer = await this.#job(this.processes[0]!, user, "/erase");
      if (answer?.status !== 200) failures.push(`${user} could not be erased: ${answer?.body}`);
    }
    const last = Date.now();
    for (const user of this.#gone)
      this.ended.push({ user, at: last, tokens: new Set(this.tokensOf(user).map(({ value }) => value)) });
    // What a killed process has sent is settled first, by whoever asks next.
    let used: Record<string, unknown> = {};
    await eventually(
      async () => {
        used = (await new Client(this.processes[2]!.origin).post("/jobs/all", json)).json();
        return Object.values(used).every((result) => result === 200 || result === "reconnect_required");
      },
      "the end of what was sent",
      60_000,
    ).catch(() => failures.push(`not settled: ${JSON.stringify(used)}`));
    const inHand = this.#inHand();
    failures.push(...(await unrest(lab, inHand)));
    const lost = new Set((await lab.judge()).orphans.filter((pair) => inHand.has(pair)));
    struck.lost = lost.size;
    const lostUsers = new Set(
      lab.emulator.tokens
        .filter(({ family, issuedAt }) => lost.has(`${family} ${issuedAt}`))
        .map(({ userId }) => userId),
    );
    for (const user of this.#users()) {
      const { id } = lab.emulator.users.find(({ email }) => email === user)!;
      if (used[user] !== 200 && !lostUsers.has(id)) failures.push(`${user} has lost a connection: ${used[user]}`);
    }
    failures.push(...(await this.#doubled()), ...this.#usedAfterEnd(), ...this.#replayed());
    const erased = JSON.stringify(await lab.entries());
    for (const user of this.#gone) if (erased.includes(`"${user}"`)) failures.push(`${user} is named`);
    struck.refreshes = lab.emulator.count(
      "token",
      ({ grantType, status }) => grantType === "refresh_token" && status === 200,
    );
    struck.calls = lab.emulator.count("users.me");
  }

  /** Pairs that are in no entry, because the process that asked for them was killed before it could write them. */
  #inHand(): Set<string> {
    const { emulator } = this.lab;
    const lost = new Set<string>();
    for (const app of this.dead) {
      const asked = emulator.requests.filter(
        ({ endpoint, status, notionVersion }) => endpoint === "token" && status === 200 && notionVersion === app.name,
      );
      for (const { at, token } of asked) {
        if (app.diedAt === undefined || app.diedAt - at > IN_HAND) continue;
        const old = emulator.tokens.find(({ value }) => value === token);
        for (const { family, issuedAt } of emulator.tokens)
          if ((old === undefined || family === old.family) && issuedAt >= at && issuedAt <= (app.diedAt ?? 0))
            lost.add(`${family} ${issuedAt}`);
      }
    }
    return lost;
  }

  async #doubled(): Promise<string[]> {
    const held = (await this.lab.entries()).filter(({ state }) => state === "held");
    const bots = held.map(
      ({ data }) => `${(data as ConnectionData).user} ${(data as ConnectionData).connection?.botId}`,
    );
    return bots.filter((bot, index) => bots.indexOf(bot) !== index).map((bot) => `twice: ${bot}`);
  }

  /** Whoever began after the end was answered does not reach Notion with what was there before. */
  #usedAfterEnd(): string[] {
    const calls = this.lab.emulator.requests.filter(({ endpoint }) => endpoint === "users.me");
    return this.ended.flatMap(({ user, at, tokens }) =>
      calls
        .filter(({ token = "", query }) => tokens.has(token) && Number(/since=(\d+)/.exec(query)?.[1]) > at)
        .map(({ query }) => `${user} was used by ${query}, after ${at}`),
    );
  }

  /** Refresh tokens that were sent although Notion had taken them. */
  #replayed(): string[] {
    const taken = new Set<string>();
    return this.lab.emulator.requests.flatMap(({ grantType, status, token = "", notionVersion }) => {
      if (grantType !== "refresh_token") return [];
      const isReplay = taken.has(token);
      if (status === 200) taken.add(token);
      return isReplay ? [`${notionVersion} sent a refresh token again`] : [];
    });
  }
}

/** How many users there are. */
const SIZE = scale > 1 ? 100 : 40;

describeOn(["sqlite", "postgres", "redis"], (vault) => {
  test("workers use the connections of all users through kills, dead tokens, outages, disconnects and erasures", {
    timeout: 240_000 * scale,
  }, async () => {
    const users = Array.from({ length: SIZE }, (_, index) => ({
      id: `notion-user-${index}`,
      name: `Notion user ${index}`,
      email: userOf(index),
      avatarUrl: null,
    }));
    const lab = await openLab({
      vault,
      users: true,
      options: { timeout: 1000 },
      emulator: { users, behaviour: { refreshReplay: "kill_family" } },
    });
    const notion = createNotionOAuth({
      ...credentials,
      baseUrl: lab.emulator.url,
      vault: lab.database.vault,
      logger: quietLogger,
    });
    const sync = new Sync(lab);
    await sync.start(notion);
    await notion.close();
    for (let number = 0; number < ROUNDS; number++) await sync.round(number);
    await sync.finish();
    console.info(`CRASH_SEED=${SEED}, ${SIZE} users, ${ROUNDS} rounds:`, sync.struck);
    expect(sync.failures, `CRASH_SEED=${SEED}`).toEqual([]);
  });
});
