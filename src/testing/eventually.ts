import { fail } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is something other than undefined or false; fails with `message` after `patience` ms of real time. */
export async function eventually<T>(
  message: string,
  ask: () => Promise<T | undefined | false>,
  patience: number,
): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) fail(`${message} (waited ${patience} ms)`);
    await sleep(20);
  }
}
