import { AsyncResource } from "node:async_hooks";
import { MAX_TIMER, timerFor } from "../../support/time-limit.js";
import type { VaultEntry } from "../../vault/vault.js";

/** Takes entries that are due and has them processed, a bounded number at a time. */
export interface Worker {
  /** Begins to look; more calls change nothing. With `keepAlive` the process stays alive until `stop()`. */
  start(keepAlive?: boolean): void;
  /** Something is due in so many ms. */
  wake(dueIn: number): void;
  /** Takes nothing more. Resolves once what runs has ended. */
  stop(): Promise<void>;
}

export interface WorkerParts {
  readonly take: (limit: number) => Promise<VaultEntry[]>;
  readonly nextDueIn: () => Promise<number | undefined>;
  /** Brings one entry further. Never rejects. */
  readonly process: (entry: VaultEntry) => Promise<void>;
  /** How many entries may be taken now, of those there is room for, and how long until more may, in ms, while so many are running. */
  readonly pace: { allowance(room: number, running: number): number; pause(running: number): number };
  readonly onVaultError: (error: unknown) => void;
}

/** How many entries are processed at once. */
const CONCURRENCY = 8;
/** Other processes write what becomes due here too: the longest sleep, in ms. */
const LONGEST_SLEEP = 5000;
/** The first pause after the vault failed, in ms. It doubles up to the longest sleep. */
const VAULT_PAUSE = 250;

export function createWorker({ take, nextDueIn, process, pace, onVaultError }: WorkerParts): Worker {
  const running = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let wakesAt = Number.POSITIVE_INFINITY;
  let isStarted = false;
  let alive: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let vaultPause = VAULT_PAUSE;

  function sleep(ms: number): void {
    clearTimeout(timer);
    wakesAt = performance.now() + ms;
    timer = setTimeout(look, timerFor(ms)).unref();
  }

  // Whoever wakes the worker is not whom it works for: their async context (a request id, a trace) must not go on in its timers.
  const look = AsyncResource.bind(() => {
    if (!isStarted || looking !== undefined) return;
    wakesAt = Number.POSITIVE_INFINITY;
    looking = takeAll().then(
      (wait) => {
        vaultPause = VAULT_PAUSE;
        rest(wait);
      },
      (error: unknown) => {
        onVaultError(error);
        rest(vaultPause);
        vaultPause = Math.min(vaultPause * 2, LONGEST_SLEEP);
      },
    );
  });

  function rest(wait: number): void {
    looking = undefined;
    if (isStarted) sleep(Math.min(wait, wakesAt - performance.now()));
  }

  /** @returns how long to sleep, in ms */
  async function takeAll(): Promise<number> {
    for (;;) {
      const room = CONCURRENCY - running.size;
      // The end of what runs looks again.
      if (room <= 0 || !isStarted) return LONGEST_SLEEP;
      const allowed = pace.allowance(room, running.size);
      if (allowed === 0) return Math.min(LONGEST_SLEEP, Math.max(1, pace.pause(running.size)));
      const entries = await take(allowed);
      for (const entry of entries) run(entry);
      if (entries.length < allowed) return Math.min(LONGEST_SLEEP, Math.max(0, (await nextDueIn()) ?? LONGEST_SLEEP));
    }
  }

  function run(entry: VaultEntry): void {
    const done = process(entry).finally(() => {
      running.delete(done);
      wake(0);
    });
    running.add(done);
  }

  function wake(dueIn: number): void {
    const at = performance.now() + dueIn;
    if (at >= wakesAt) return;
    wakesAt = at;
    if (isStarted && looking === undefined) sleep(dueIn);
  }

  return {
    start(keepAlive = false) {
      if (keepAlive) alive ??= setInterval(() => {}, MAX_TIMER);
      if (isStarted) return;
      isStarted = true;
      look();
    },
    wake,
    async stop() {
      isStarted = false;
      clearTimeout(timer);
      clearInterval(alive);
      await looking;
      await Promise.all(running);
    },
  };
}
