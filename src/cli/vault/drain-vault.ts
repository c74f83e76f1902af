import { setTimeout as pause } from "node:timers/promises";
import { createLifecycle } from "../../lifecycle/create-lifecycle.js";
import { say } from "../terminal.js";
import type { DrainOptions } from "./drain-options.js";
import { drainable } from "./drainable.js";
import type { OpenPlace } from "./open-place.js";
import { writeJson } from "./output.js";
import { showProgress } from "./progress.js";
import { type Look, takeALook } from "./take-a-look.js";
import { Tally } from "./tally.js";
import { count } from "./text.js";

/** How long running calls may take after an interruption, in ms. */
const CLOSE_WITHIN = 2000;
/** The shortest pause between two looks at the vault, in ms, and how many times longer than a look it is. */
const LOOK_PAUSE = 200;
const LOOK_SHARE = 5;

/** Why a drain ended. */
type End = "empty" | "timeout" | "interrupted" | "invalid_client" | "unreadable" | "left";

/** `vault drain`: a worker as the app's own, that ends when nothing waits any more. */
export async function drainVault(open: OpenPlace, options: DrainOptions): Promise<number> {
  const stop = new AbortController();
  const end = (reason: End) => stop.abort(reason);
  const watched = drainable(open.source, () => end("invalid_client"));
  const { core, worker, close } = createLifecycle({ ...options.notion, vault: watched.source });
  const tally = new Tally(core.events);
  const interrupt = () => end("interrupted");
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const deadline = options.timeout === undefined ? undefined : setTimeout(end, options.timeout, "timeout");
  const progress = showProgress((room) => tally.line(room), options.progress);
  const look = async () => {
    const found = await takeALook(open.vault, watched, core.tokens);
    tally.saw(found);
    return found;
  };

  try {
    const first = await look();
    // Taking them would only keep them from those who can read them.
    if (first.unreadable > 0 && first.unreadable === first.left) end("unreadable");
    else worker.start(true);
    while (!stop.signal.aborted) {
      const since = performance.now();
      const { left, unreadable, isQuiet } = await look();
      if (isQuiet && left === unreadable) break;
      const took = performance.now() - since;
      await pause(Math.max(LOOK_PAUSE, took * LOOK_SHARE), undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    clearTimeout(deadline);
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await close(CLOSE_WITHIN);
    progress.end();
  }
  const last = await look();
  return report(open, options, tally, last, reasonOf(last, stop.signal.reason as End | undefined));
}

function reasonOf({ left, unreadable, isQuiet }: Look, stopped: End | undefined): End {
  if (left === 0 && isQuiet) return "empty";
  return stopped ?? (unreadable > 0 ? "unreadable" : "left");
}

/** @returns the exit code */
function report(
  { where, clientId }: OpenPlace,
  { json }: DrainOptions,
  tally: Tally,
  { left, unreadable }: Look,
  ended: End,
): number {
  if (json) {
    writeJson({ vault: where, client: clientId, ended, ...tally.numbers(), left, unreadable });
  } else {
    say(`${tally.summary()} in ${where}.`);
    const advice = explain(ended, unreadable);
    if (advice !== undefined) say(advice, process.stderr);
  }
  return ended === "empty" ? 0 : 1;
}

function explain(ended: End, unreadable: number): string | undefined {
  if (ended === "invalid_client")
    return "Notion does not accept the client id and NOTION_CLIENT_SECRET. The revocations are as they were.";
  if (unreadable > 0)
    return `${count(unreadable, "revocation")} did not open: ${unreadable === 1 ? "it was" : "they were"} sealed with a secret that is neither in NOTION_OAUTH_SECRET nor, without that, NOTION_CLIENT_SECRET.`;
  if (ended === "timeout") return "The time is over.";
  return ended === "interrupted" ? "Interrupted; what was under way is back in the vault." : undefined;
}
