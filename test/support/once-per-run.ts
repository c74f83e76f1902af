import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";

/**
 * Runs `make` in the first test file that asks and brings its result, which has to be JSON, to every other one: test
 * files run in processes of their own. `make` gets an empty directory that lives as long as the run.
 */
export async function oncePerRun<T>(name: string, make: (directory: string) => Promise<T>): Promise<T> {
  const directory = join(inject("runDirectory"), name);
  const answer = `${directory}.json`;
  if (claim(directory)) {
    const outcome = await make(directory).then(
      (value) => ({ value }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    writeFileSync(`${answer}.new`, JSON.stringify(outcome));
    renameSync(`${answer}.new`, answer);
  }
  while (!existsSync(answer)) await sleep(50);
  const outcome = JSON.parse(readFileSync(answer, "utf8")) as { value: T } | { error: string };
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome.value;
}

function claim(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
