import { delay, eventually } from "../../support/app.js";
import { type Answer, Client } from "../../support/client.js";
import { answering, isConnected, json, REFUSED, serve } from "./checks.js";
import type { Fault } from "./faults.js";
import { flows } from "./flows.js";
import type { KillableApp } from "./killable-app.js";
import type { Lab } from "./lab.js";
import { SEED, scale } from "./random.js";

/** The longest that an answer may take once the fault has struck, in ms: 12 s, and what a busy machine may add. */
const BOUND = 20_000;
/** How many requests are struck at once: one more than a pool has connections. */
const AT_ONCE = 11;
const OK: readonly number[] = [200, 303];
/**
 * With which of its calls a login looks last whether its session is over, before it uses its state up. One that learns of a logout by then begins
 * afterwards, as one without a session does.
 */
const LOOKS: Readonly<Record<string, number>> = {
  "a login": Number.POSITIVE_INFINITY,
  "a login with a second workspace": 1,
  "a login after a disconnect": 2,
};

/** A flow that is struck at its n-th call of the vault. */
export interface Place {
  readonly flow: string;
  readonly call: number;
}

/** All flows at each of their calls. */
export async function placesIn(lab: Lab, app: KillableApp): Promise<Place[]> {
  const places: Place[] = [];
  for (const [flow, begin] of Object.entries(flows)) {
    const request = await begin(lab, app, new Client(app.origin));
    await app.arm();
    await request();
    const { calls } = await app.calls();
    for (let call = 1; call <= calls; call++) places.push({ flow, call });
  }
  return places;
}

interface Started extends Place {
  readonly browser: Client;
  /** The cookies as they were before the request. */
  readonly before: Client;
  readonly request: Promise<Answer | undefined>;
  isAnswered: boolean;
  status?: number;
  isLoggedOut?: boolean;
}

/** What broke the promise, and how often what was answered under which fault. */
export interface Report {
  readonly broken: string[];
  readonly answers: Record<string, Record<string, number>>;
}

/**
 * Strikes the first process at as many places as are struck at once, spread over all of them, and with CRASH_ROUNDS at all of them.
 * @param apps from the middle on all of them, before it one less; of a single trial, chance says which
 * @param first where to begin: the next fault strikes at the places that this one leaves out
 */
export async function runTrials(
  lab: Lab,
  apps: readonly KillableApp[],
  fault: readonly [string, Fault],
  all: readonly Place[],
  report: Report,
  first = 0,
): Promise<void> {
  const step = scale > 1 ? 1 : Math.ceil(all.length / AT_ONCE);
  const places = all.filter((_, index) => (index + first + SEED) % step === 0);
  const isMore = (from: number) => (scale > 1 ? from >= places.length / 2 : (first + SEED) % 2 === 0);
  for (let from = 0; from < places.length; from += AT_ONCE) {
    const here = Array.from({ length: AT_ONCE }, (_, index) => places[(first + from + index) % places.length]!);
    await runTrial(lab, isMore(from) ? apps : apps.slice(0, -1), fault, here, report);
  }
}

/** Runs flows at the same time in the first process, lets a fault strike all of them, and sees that the promise was kept. */
async function runTrial(
  lab: Lab,
  apps: readonly KillableApp[],
  [name, fault]: readonly [string, Fault],
  places: readonly Place[],
  { broken, answers }: Report,
): Promise<void> {
  const [victim, other, ...more] = apps as [KillableApp, KillableApp];
  const say: Say = ({ flow, call, status }, what) =>
    broken.push(`${flow}, call ${call}, ${name}, ${apps.length} processes: ${status} and ${what}`);
  await victim.arm();
  const started = await Promise.all(places.map((place, index) => start(lab, victim, place, `${index}`)));
  const isThere = (one: Started, index: number) => one.isAnswered || victim.held.has(`${index}`);
  await eventually(() => started.every(isThere), `${name}: the calls`);
  const served = [other, ...more].map((app) => serve(lab, app));

  await fault.strike(victim, lab);
  if (fault.isOfAll !== true) await logOutElsewhere(other, started, say);
  await fault.relent?.(victim);
  await Promise.all(started.map((one) => hear(one, say)));
  await fault.heal?.(victim, lab);

  answers[name] ??= {};
  const counts = answers[name];
  for (const { status = "none" } of started) counts[status] = (counts[status] ?? 0) + 1;
  for (const stop of served) broken.push(...(await stop()).map((what) => `${name}: ${what}`));
  for (const app of apps) if (!app.isAlive) broken.push(`${name}: a process ended`);
  await Promise.all(apps.map((app) => answering(lab, app)));
  await Promise.all(started.map((one) => examine(apps, one, say)));
  broken.push(...(await lab.judge()).taken.map((what) => `${name}: taken ${what}`));
  await Promise.all(started.map((one) => finish(apps, one, say)));
}

type Say = (one: Started, what: string) => void;

async function start(lab: Lab, app: KillableApp, place: Place, name: string): Promise<Started> {
  const browser = new Client(app.origin);
  const act = await flows[place.flow]!(lab, app, browser);
  const before = browser.copy();
  const request = act({ "x-hold": `${place.call} ${name}` }).catch(() => undefined);
  const started: Started = { ...place, browser, before, request, isAnswered: false };
  void request.then(() => {
    started.isAnswered = true;
  });
  return started;
}

/** Somebody logs out with the cookies of every other request, at a process that works. */
async function logOutElsewhere(app: KillableApp, started: readonly Started[], say: Say): Promise<void> {
  const some = started.filter((_, index) => index % 2 === 1);
  await Promise.all(
    some.map(async (one) => {
      const { status } = await one.before.copy().post(`${app.origin}/logout`, json);
      if (status === 200) one.isLoggedOut = one.call > (LOOKS[one.flow] ?? 0);
      else if (!REFUSED.includes(status)) say(one, `${status} for a logout elsewhere`);
    }),
  );
}

async function hear(one: Started, say: Say): Promise<void> {
  const answer = await Promise.race([one.request, delay(BOUND).then(() => undefined)]);
  if (answer === undefined) return say(one, "no answer");
  one.status = answer.status;
  if (one.flow === "a logout" && answer.status === 200) one.isLoggedOut = true;
  if (![...OK, ...REFUSED].includes(answer.status)) say(one, answer.body);
}

/** Sees on all processes whether the cookies of before and after are good for what was answered. */
async function examine(apps: readonly KillableApp[], one: Started, say: Say): Promise<void> {
  const after = await Promise.all(apps.map((app) => isConnected(app, one.browser)));
  const before = await Promise.all(apps.map((app) => isConnected(app, one.before)));
  if (one.isLoggedOut && [...after, ...before].includes(true)) say(one, "works after the logout");
  if (one.flow === "a login" && after.includes(one.status !== 303)) say(one, `connected: ${after}`);
}

/** A later logout finishes what was left. */
async function finish(apps: readonly KillableApp[], one: Started, say: Say): Promise<void> {
  for (const client of [one.before, one.browser]) {
    const again = () => client.post(`${apps.at(-1)?.origin}/logout`, json);
    await eventually(async () => (await again()).status === 200, "a later logout", 20_000);
    for (const app of apps) if (await isConnected(app, client)) say(one, "works after a later logout");
  }
}
