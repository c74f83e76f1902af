import type { RevocationSummary } from "../../lifecycle/ending/revocation-operations.js";
import { columnsOf, say } from "../terminal.js";
import { listing } from "./listing.js";
import type { OpenPlace } from "./open-place.js";
import { write, writeJson } from "./output.js";
import { showProgress } from "./progress.js";
import { readEntries, summarize } from "./read-revocations.js";
import { count } from "./text.js";

export interface Display {
  readonly json: boolean;
  /** How many to show at most. */
  readonly limit: number | undefined;
  /** How often to tell how far it is, in ms; undefined: as it suits the terminal. */
  readonly progress: number | undefined;
}

/** How many a person is shown who does not say how many. */
const ROWS = 100;

/** `vault list`: what waits, that which waits longest first. */
export async function showWaiting(open: OpenPlace, { json, limit, progress }: Display): Promise<number> {
  const { where, clientId } = open;
  const [waiting = [], { length: failed } = []] = await read(open, ["ending", "failed"], progress);
  if (json) {
    const revocations = waiting.slice(0, limit);
    writeJson({ vault: where, client: clientId, waiting: waiting.length, failed, revocations });
    return 0;
  }
  const shown = waiting.slice(0, limit ?? ROWS);
  write(listing(shown, columnsOf(process.stdout), { hasNext: true }));
  const verb = waiting.length === 1 ? "waits" : "wait";
  say(`${count(waiting.length, "revocation")} of client ${clientId} ${verb} in ${where}${partOf(waiting, shown)}.`);
  if (failed > 0) say(`${count(failed, "revocation")} failed: see \`vault failed\`.`);
  return 0;
}

/** `vault failed`: what was given up. */
export async function showFailed(open: OpenPlace, { json, limit, progress }: Display): Promise<number> {
  const { where, clientId } = open;
  const [failed = []] = await read(open, ["failed"], progress);
  const code = failed.length > 0 ? 1 : 0;
  if (json) {
    writeJson({ vault: where, client: clientId, failed: failed.length, revocations: failed.slice(0, limit) });
    return code;
  }
  const shown = failed.slice(0, limit ?? ROWS);
  write(listing(shown, columnsOf(process.stdout), { hasNext: false }));
  say(`${count(failed.length, "revocation")} of client ${clientId} failed in ${where}${partOf(failed, shown)}.`);
  return code;
}

/** What is in each of these states. Says so when it takes long. */
async function read(
  { vault }: OpenPlace,
  states: readonly ("ending" | "failed")[],
  every: number | undefined,
): Promise<RevocationSummary[][]> {
  let amount = 0;
  const progress = showProgress(() => `${count(amount, "revocation")} read so far`, every);
  const found: RevocationSummary[][] = [];
  try {
    for (const state of states) {
      const all: RevocationSummary[] = [];
      for await (const entry of readEntries(vault, state)) {
        all.push(summarize(entry));
        amount += 1;
      }
      found.push(all.sort((a, b) => (a.since ?? 0) - (b.since ?? 0)));
    }
  } finally {
    progress.end();
  }
  return found;
}

function partOf(all: readonly unknown[], shown: readonly unknown[]): string {
  return shown.length < all.length ? `, ${shown.length.toLocaleString("en")} shown` : "";
}
