import type { RevocationSummary } from "../../lifecycle/ending/revocation-operations.js";
import type { OpenPlace } from "./open-place.js";
import { write, writeJson } from "./output.js";
import { readEntries, summarize } from "./read-revocations.js";
import { count, shortDuration, table } from "./text.js";

export interface Display {
  readonly json: boolean;
  /** How many to show at most. */
  readonly limit: number | undefined;
}

/** How many a person is shown who does not say how many. */
const ROWS = 100;

/** `vault list`: what waits, that which waits longest first. */
export async function showWaiting({ vault, where, clientId }: OpenPlace, { json, limit }: Display): Promise<number> {
  const waiting = await read(vault, "ending");
  const failed = (await read(vault, "failed")).length;
  if (json) {
    const revocations = waiting.slice(0, limit);
    writeJson({ vault: where, client: clientId, waiting: waiting.length, failed, revocations });
    return 0;
  }
  const rows = waiting.slice(0, limit ?? ROWS).map((one) => [...columns(one), next(one), one.cause ?? ""]);
  if (rows.length > 0) write(table([...HEADINGS, "NEXT", "LAST FAILURE"], rows));
  const verb = waiting.length === 1 ? "waits" : "wait";
  write(`${count(waiting.length, "revocation")} of client ${clientId} ${verb} in ${where}${shown(rows, waiting)}.\n`);
  if (failed > 0) write(`${count(failed, "revocation")} failed: see \`vault failed\`.\n`);
  return 0;
}

/** `vault failed`: what was given up. */
export async function showFailed({ vault, where, clientId }: OpenPlace, { json, limit }: Display): Promise<number> {
  const failed = await read(vault, "failed");
  const code = failed.length > 0 ? 1 : 0;
  if (json) {
    writeJson({ vault: where, client: clientId, failed: failed.length, revocations: failed.slice(0, limit) });
    return code;
  }
  const rows = failed.slice(0, limit ?? ROWS).map((one) => [...columns(one), one.cause ?? ""]);
  if (rows.length > 0) write(table([...HEADINGS, "LAST FAILURE"], rows));
  write(`${count(failed.length, "revocation")} of client ${clientId} failed in ${where}${shown(rows, failed)}.\n`);
  return code;
}

async function read(vault: OpenPlace["vault"], state: "ending" | "failed"): Promise<RevocationSummary[]> {
  const all: RevocationSummary[] = [];
  for await (const entry of readEntries(vault, state)) all.push(summarize(entry));
  return all.sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
}

// With the two columns after them, and the longest words that we write ourselves, 80 characters.
const HEADINGS = ["ID", "WHY", "AGE", "TRIES"];

function columns({ id, reason, since, attempts }: RevocationSummary): string[] {
  const age = since === undefined ? "" : shortDuration(Date.now() - since);
  return [id, reason ?? "unreadable", age, String(attempts)];
}

function next({ dueIn }: RevocationSummary): string {
  if (dueIn === null) return "never";
  return dueIn < 500 ? "now" : shortDuration(dueIn);
}

function shown(rows: readonly unknown[], all: readonly unknown[]): string {
  return rows.length < all.length ? `, ${rows.length.toLocaleString("en")} shown` : "";
}
