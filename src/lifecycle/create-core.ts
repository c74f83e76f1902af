import { randomBytes } from "node:crypto";
import { createClient } from "../api/client.js";
import { boundedStore } from "../connections/bounded-store.js";
import { createSealer } from "../connections/sealing.js";
import { isSessionStoreConnections, sessionStoreConnections } from "../connections/session-store-connections.js";
import { OptionError } from "../errors.js";
import { createEvents } from "../events.js";
import { debugLogger } from "../logger.js";
import type { ResolvedOptions } from "../options.js";
import { memoryQueue } from "../revocation/memory-queue.js";
import { createRevocations } from "../revocation/revocations.js";
import { createActiveTokens } from "./active-tokens.js";
import type { Core } from "./core.js";
import { createEndedSessions } from "./ended-sessions.js";
import { guardVerdict } from "./guard-verdict.js";
import { inProcessLock } from "./in-process-lock.js";
import type { Lock } from "./lock.js";
import { postgresLock } from "./postgres-lock.js";
import { redisLock } from "./redis-lock.js";
import { createUnderway } from "./underway.js";

/** Wires the parts that the operations of the lifecycle work with. Opens nothing and starts nothing. */
export function createCore(options: ResolvedOptions): Core {
  const now = () => Date.now();
  const logger = options.logger ?? debugLogger();
  const events = createEvents(logger, now);
  const client = createClient(options, now);
  const sealer = createSealer(options.secrets, options.clientId);
  const store = options.connections ?? sessionStoreConnections();
  const connections = boundedStore(store);
  const revokeOnExpiry = options.revokeOnExpiry ?? isSessionStoreConnections(store);
  const activeTokens = createActiveTokens(client, now);
  const revocations = createRevocations({
    client,
    queue: options.revocations ?? memoryQueue(),
    sealer,
    events,
    logger,
    retry: options.retry,
    timeout: options.timeout,
    now,
    random: Math.random,
    look: (connection, hash) => guardVerdict({ connections, sealer, now }, revokeOnExpiry, connection, hash),
    onEnding: activeTokens.ending,
  });
  return {
    options,
    client,
    connections,
    sealer,
    revocations,
    endedSessions: createEndedSessions(connections, now),
    activeTokens,
    lock: checkLock(options.lock) ?? inProcessLock(),
    underway: createUnderway(),
    events,
    logger,
    now,
    randomId: (bytes) => randomBytes(bytes).toString("base64url"),
    processId: randomBytes(9).toString("base64url"),
  };
}

/** Passed without its parentheses, what makes a lock would be taken for one, and fail at the first refresh. */
function checkLock(lock: Lock | undefined): Lock | undefined {
  const maker = [inProcessLock, redisLock, postgresLock].find((one: unknown) => one === lock);
  if (maker === undefined) return lock;
  throw new OptionError("lock", `Option \`lock\` must be what ${maker.name}() returns, not ${maker.name} itself.`);
}
