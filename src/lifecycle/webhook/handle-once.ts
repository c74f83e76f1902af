import { WebhookError } from "../../errors.js";
import { within } from "../../support/time-limit.js";
import { asMark, type MarkData } from "../../vault/entry.js";
import { tokenHash } from "../../vault/tokens.js";
import type { NewEntry, VaultEntry } from "../../vault/vault.js";
import { type Claim, claimMark } from "../claim-mark.js";
import type { Core } from "../core.js";
import { insist } from "../ending/insist.js";

// Notion delivers an event up to eight times, in any order and to any process. Its mark in the vault says that somebody is at it, and then that it is done.
// Marks are common to all clients of a vault, so the client is a part of what is marked.

/** How long a process may be at an event, in ms. One that was killed holds the next delivery up for no longer than this. */
const LEASE = 120_000;
/** How long a handled event is remembered, in ms. Notion does not say how long its eight deliveries may take. */
const REMEMBERED = 3 * 86_400_000;
/** How often the end of an event is written anew when somebody else wrote in between. */
const TRIES = 10;

/** What makes an event one event. */
export interface EventKey {
  readonly id: string;
  /** Two subscriptions of one client may tell of the same event, each to a handler of its own. */
  readonly subscription: string | undefined;
}

interface EventMark extends MarkData {
  readonly done?: true;
}

/**
 * Does the work of an event unless that was done already, by whichever process.
 *
 * A claim that was given up and happened after all passes with its lease. So does one whose process was killed. Work that takes longer than the lease
 * may be done again by another process.
 * @throws WebhookError `event_in_progress` when somebody else is at it, or the work takes too long; StoreError; or what `work` throws: then the next
 * delivery does it again
 */
export function handleOnce(core: Core, event: EventKey, work: () => Promise<unknown>): Promise<void> {
  return within(LEASE, core.underway.follow(handle(core, event, work)), () => inProgress(0));
}

async function handle(core: Core, event: EventKey, work: () => Promise<unknown>): Promise<void> {
  const begin = core.now();
  const claim = await claimEvent(core, markId(core, event));
  if (claim === "done") return;
  // A process that stood still has lost its claim to another one.
  if (core.now() - begin >= LEASE) throw inProgress(0);
  try {
    await work();
  } catch (error) {
    // Where this fails, the lease lets go of it.
    await core.vault.erase(claim.id, claim.version).catch(() => {});
    throw error;
  }
  await remember(core, claim);
}

/** @throws WebhookError `event_in_progress`; StoreError */
async function claimEvent({ vault }: Core, id: string): Promise<Claim | "done"> {
  const { claim, found } = await claimMark(vault, mark(id, { v: 1 }, LEASE), ({ done }) => done === true);
  if (claim !== undefined) return claim;
  if (found?.data.done) return "done";
  throw inProgress(found?.dueIn ?? 0);
}

/**
 * The work is done: whoever has claimed the event meanwhile, the next delivery finds that. Never rejects. A vault that is away is asked again from memory;
 * a process that is killed before that has done the work, and nobody knows.
 */
async function remember(core: Core, claim: Claim): Promise<void> {
  const write = () => writeDone(core, claim);
  await write().catch(() => insist(core, write));
}

async function writeDone({ vault }: Core, { id, version }: Claim): Promise<void> {
  const done = mark(id, { v: 1, done: true }, REMEMBERED);
  if (await vault.replace(done, version)) return;
  for (let tries = 0; tries < TRIES; tries++) {
    const found = readMark(await vault.get(id));
    if (found?.data.done) return;
    if (found === undefined ? await vault.insert(done) : await vault.replace(done, found.version)) return;
  }
}

function readMark(entry: VaultEntry | undefined): VaultEntry<EventMark> | undefined {
  return asMark(entry);
}

function mark(id: string, data: EventMark, dueIn: number): NewEntry<EventMark> {
  return { id, state: "mark", dueIn, keys: [], data };
}

function markId({ options }: Core, { id, subscription }: EventKey): string {
  return `w-${tokenHash(JSON.stringify([options.clientId, subscription ?? null, id]))}`;
}

function inProgress(dueIn: number): WebhookError {
  return new WebhookError("event_in_progress", { retryAfter: Math.max(1000, dueIn) });
}
