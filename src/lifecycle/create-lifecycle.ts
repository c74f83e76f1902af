import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createClient } from "../api/client.js";
import { OptionError } from "../errors.js";
import { createEvents } from "../events.js";
import { debugLogger } from "../logger.js";
import type { ResolvedOptions } from "../options/notion-oauth-options.js";
import { failureFields } from "../support/failure-code.js";
import { settledWithin } from "../support/time-limit.js";
import { createUnderway } from "../support/underway.js";
import { memoryVault } from "../vault/memory-vault.js";
import { openVault } from "../vault/open-vault.js";
import { createSealer } from "../vault/sealing.js";
import { tokenKeeper } from "../vault/token-keeper.js";
import type { Core } from "./core.js";
import { leaseFor } from "./lifetimes.js";
import { StrayLogins } from "./login/stray-logins.js";
import { createActiveTokens } from "./refresh/active-tokens.js";
import { createRefresher, type Refresher } from "./refresh/refresh-connection.js";
import { createOutage } from "./worker/outage.js";
import { processEntry } from "./worker/process-entry.js";
import { createWorker, type Worker } from "./worker/worker.js";

/** How long what was broken off, and the vault, may take to settle, in ms. */
const RELEASE = 1000;
/** How far apart the reports of a vault that is away are, in ms. */
const REPORT_PAUSE = 10_000;

/** Everything that one `createNotionOAuth()` or strategy works with, and what ends it. */
export interface Lifecycle {
  readonly core: Core;
  readonly refresh: Refresher;
  readonly worker: Worker;
  /** Takes nothing more from the vault; finishes within `timeout` ms what runs, logins and refreshes included. */
  close(timeout: number): Promise<void>;
}

/** Wires the parts. Opens nothing and starts nothing. */
export function createLifecycle(options: ResolvedOptions): Lifecycle {
  const source = options.vault ?? memoryVault();
  const logger = options.logger ?? debugLogger();
  const client = createClient(options, Date.now);
  const sealer = createSealer(options.secrets, options.clientId);
  const closing = new AbortController();
  // Every call to Notion under way listens to it, and there may be many.
  setMaxListeners(0, closing.signal);
  const monotonic = () => performance.now();
  const vault = openVault(source, options.clientId);
  const outage = createOutage(monotonic, Math.random, options.retry);

  const worker = createWorker({
    take: (limit) => vault.takeDue(limit, leaseFor(options.timeout)),
    nextDueIn: () => vault.nextDueIn(),
    process: (entry) => processEntry(core, entry),
    pace: outage,
    onVaultError: vaultReporter(logger, options),
  });
  const core: Core = {
    options,
    client,
    vault,
    tokens: tokenKeeper(sealer, source.inProcess === true),
    sealer,
    outage,
    activeTokens: createActiveTokens(client, monotonic),
    strayLogins: new StrayLogins(options.redirectUri),
    underway: createUnderway(),
    events: createEvents(logger, Date.now),
    logger,
    wake: worker.wake,
    closing: closing.signal,
    now: () => Date.now(),
    random: Math.random,
    randomId: (bytes) => randomBytes(bytes).toString("base64url"),
    processId: randomBytes(9).toString("base64url"),
  };
  return {
    core,
    refresh: createRefresher(core),
    worker,
    close: (timeout) => close({ core, worker }, closing, timeout),
  };
}

async function close({ core, worker }: Pick<Lifecycle, "core" | "worker">, closing: AbortController, timeout: number) {
  const over = Promise.all([worker.stop(), core.underway.over()]);
  // What may be repeated is broken off then; the answer to a code or refresh token comes only once, and has had its time.
  if (!(await settledWithin(timeout, over))) {
    closing.abort();
    await settledWithin(RELEASE, over);
  }
  core.client.close();
  await settledWithin(RELEASE, core.vault.close?.() ?? Promise.resolve());
}

/** A vault that is away is said once in a while, not at every look. */
function vaultReporter(logger: Core["logger"], options: ResolvedOptions): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - last < REPORT_PAUSE) return;
    last = performance.now();
    // A driver that is missing, say: only the sentence tells what to do.
    if (error instanceof OptionError) return logger.error(error.message);
    logger.error("the vault does not work at the moment", failureFields(error, options));
  };
}
