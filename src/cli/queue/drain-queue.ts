import { setTimeout as pause } from "node:timers/promises";
import { OptionError, StoreError } from "../../errors.js";
import { createNotionOAuth, type NotionOAuth } from "../../notion-oauth.js";
import type { NotionOAuthOptions } from "../../options.js";
import { memoryQueue } from "../../revocation/memory-queue.js";
import type { RevocationJob } from "../../revocation/job.js";
import { type Environment, UsageError } from "../command.js";
import { onlyRevocations } from "./only-revocations.js";
import type { OpenQueue } from "./open-queue.js";
import { showProgress } from "./progress.js";
import { EVERY, writeJson } from "./show-jobs.js";
import { count, duration } from "./text.js";

export interface DrainOptions {
  readonly json: boolean;
  /** Whether to try at once what waits for its next try. */
  readonly now: boolean;
  /** In ms; undefined: as long as it takes. */
  readonly timeout: number | undefined;
  /** How often to tell how far it is, in ms. */
  readonly progress: number | undefined;
  readonly notion: NotionOAuthOptions;
}

/** How long running calls may take after an interruption, in ms. */
const CLOSE_WITHIN = 2000;
/** The shortest pause between two looks at the queue, in ms, and how many times longer than a look it is. */
const LOOK_PAUSE = 200;
const LOOK_SHARE = 5;

/**
 * The options of a drain. Secrets come from the environment only: process lists show command lines.
 * @throws UsageError
 */
export function readDrainOptions(
  env: Environment,
  { baseUrl, ...flags }: Omit<DrainOptions, "notion"> & { readonly baseUrl: string | undefined },
): DrainOptions {
  const { NOTION_CLIENT_ID: clientId = "", NOTION_CLIENT_SECRET: clientSecret = "", NOTION_OAUTH_SECRET } = env;
  for (const [name, value] of Object.entries({ NOTION_CLIENT_ID: clientId, NOTION_CLIENT_SECRET: clientSecret })) {
    if (value === "") throw new UsageError(`drain needs ${name} in the environment.`);
  }
  const secret = NOTION_OAUTH_SECRET?.split(/\r?\n/).filter((line) => line.trim() !== "") ?? [];
  const notion: NotionOAuthOptions = {
    clientId,
    clientSecret,
    ...(secret.length > 0 && { secret }),
    ...(baseUrl !== undefined && { baseUrl }),
    // How old a revocation may get is for the app to say.
    retry: { maxAge: Number.MAX_SAFE_INTEGER },
    // Nothing is given up here and each failure tried again: what there is to tell is told at the end.
    logger: {},
  };
  try {
    void createNotionOAuth({ ...notion, revocations: memoryQueue() }).close();
  } catch (error) {
    if (error instanceof OptionError) throw new UsageError(`${nameOf(error.option)}: ${error.message}`);
    throw error;
  }
  return { ...flags, notion };
}

function nameOf(option: string): string {
  const names: Record<string, string> = {
    clientId: "NOTION_CLIENT_ID",
    clientSecret: "NOTION_CLIENT_SECRET",
    secret: "NOTION_OAUTH_SECRET",
    baseUrl: "--base-url",
  };
  return names[option] ?? option;
}

/** `queue drain`: a worker that ends when no revocation waits any more. */
export async function drainQueue({ queue, where }: OpenQueue, options: DrainOptions): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort("interrupted");
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const deadline = options.timeout === undefined ? undefined : setTimeout(() => stop.abort("timeout"), options.timeout);

  const drainable = onlyRevocations(queue, () => stop.abort("invalid_client"));
  const notion = createNotionOAuth({ ...options.notion, revocations: drainable.queue });
  const tally = new Tally(notion);
  let progress: ReturnType<typeof showProgress> | undefined;
  let left: readonly RevocationJob[] = [];
  const look = async () => {
    const waiting = await queue.list("waiting", EVERY);
    left = waiting.filter(({ kind }) => kind === "revoke");
    tally.saw(left.length);
  };

  try {
    await look();
    if (options.now) await bringForward();
    progress = showProgress(() => tally.line(), options.progress);
    notion.revocations.work();
    while (!stop.signal.aborted && left.some(({ id }) => !drainable.unsealable.has(id))) {
      const since = performance.now();
      await lookAgain();
      const took = performance.now() - since;
      await pause(Math.max(LOOK_PAUSE, took * LOOK_SHARE), undefined, { signal: stop.signal }).catch(() => {});
    }
  } finally {
    clearTimeout(deadline);
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    await notion.close({ timeout: CLOSE_WITHIN });
    progress?.end();
  }
  await look();
  return report();

  async function bringForward(): Promise<void> {
    for (const job of left) {
      if (stop.signal.aborted) break;
      // One that was never tried is in the hands of the logout that added it.
      if (job.attempts > 0 && job.dueAt > Date.now()) await queue.reschedule({ ...job, dueAt: Date.now() });
    }
  }

  /** The worker sits a failing backend out; so does this. */
  async function lookAgain(): Promise<void> {
    try {
      await look();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      tally.failure = error.code;
    }
  }

  function report(): number {
    const unsealable = left.filter(({ id }) => drainable.unsealable.has(id)).length;
    const ended = left.length === 0 ? "empty" : ((stop.signal.reason as string | undefined) ?? "unsealable");
    const { revoked, alreadyInvalid, seconds, failure } = tally;
    if (options.json) {
      const numbers = { revoked, alreadyInvalid, left: left.length, unsealable, seconds };
      writeJson({ queue: where, ended, ...numbers, ...(failure !== undefined && { lastFailure: failure }) });
    } else {
      process.stdout.write(`${tally.summary()} in ${where}.\n`);
      const advice = explain(ended, unsealable);
      if (advice !== undefined) process.stderr.write(`${advice}\n`);
    }
    return left.length === 0 ? 0 : 1;
  }
}

function explain(ended: string, unsealable: number): string | undefined {
  if (ended === "invalid_client") {
    return "Notion does not accept NOTION_CLIENT_ID and NOTION_CLIENT_SECRET. The revocations are as they were.";
  }
  if (unsealable > 0) {
    return `${count(unsealable, "revocation")} did not open: sealed with a secret that is not in NOTION_OAUTH_SECRET. Put back.`;
  }
  if (ended === "timeout") return "The time is over.";
  return ended === "interrupted" ? "Interrupted; what was under way is back in the queue." : undefined;
}

/** What has happened so far. */
class Tally {
  revoked = 0;
  alreadyInvalid = 0;
  /** Code of the last failure. */
  failure: string | undefined;
  readonly #start = performance.now();
  #left = 0;
  #doneWhenSeen = 0;

  constructor(notion: NotionOAuth) {
    notion.on("token.revoked", ({ outcome }) => {
      if (outcome === "revoked") this.revoked += 1;
      else this.alreadyInvalid += 1;
    });
    notion.on("revocation.retried", ({ cause }) => {
      this.failure = cause;
    });
  }

  get done(): number {
    return this.revoked + this.alreadyInvalid;
  }

  get seconds(): number {
    return Math.round((performance.now() - this.#start) / 100) / 10;
  }

  saw(left: number): void {
    this.#left = left;
    this.#doneWhenSeen = this.done;
  }

  summary(): string {
    const dead = this.alreadyInvalid > 0 ? ` (${this.alreadyInvalid.toLocaleString("en")} dead already)` : "";
    const left = Math.max(0, this.#left - (this.done - this.#doneWhenSeen));
    return `${count(this.done, "revocation")} confirmed${dead} in ${duration(this.seconds * 1000)}, ${left.toLocaleString("en")} left`;
  }

  line(): string {
    const rate = this.seconds > 0 ? `, ${Math.round(this.done / this.seconds)}/s` : "";
    return `${this.summary()}${rate}${this.failure === undefined ? "" : `; last failure: ${this.failure}`}`;
  }
}
