import type { RevocationJob } from "./job.js";
import type { RevocationQueue } from "./queue.js";

/** How often, and how far apart in ms, to ask for a guard that a worker holds. */
const TRIES = 10;
const PAUSE = 50;

/**
 * Adds a guard, or makes the one that is there watch over another connection: Notion issued the same token again, or
 * its connection got a new id. At no time is the token without one.
 */
export async function addGuard(queue: RevocationQueue, job: RevocationJob): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    // A worker may be looking at this very token: that takes a moment.
    if (tries > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    await queue.add(job);
    if ((await queue.get(job.id))?.sealed === job.sealed) return;
    await queue.reschedule(job);
  }
}
