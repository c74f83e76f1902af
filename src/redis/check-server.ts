import { OptionError } from "../vault/vault.js";
import type { Connection } from "./connection.js";
import { DEADLINE, inTime } from "./deadline.js";
import { type Settings, settingsOf } from "./server-settings.js";

/** How long one of several servers may keep a call waiting, in ms. */
const PATIENCE = 1500;

/** Clients whose servers were looked at: however many vaults use a client, it is warned of once. */
const looked = new WeakMap<object, Promise<void>>();

/**
 * Looks at the server before the first call: one that could drop entries is refused, and one that may forget them is warned of.
 * What was refused, or could not be reached, is looked at again by the next call.
 */
export function checkServer(connection: Connection): Promise<void> {
  const known = looked.get(connection.client);
  if (known !== undefined) return known;
  const looking = inTime(DEADLINE, look(connection));
  looked.set(connection.client, looking);
  looking.catch(() => looked.delete(connection.client));
  return looking;
}

async function look(connection: Connection): Promise<void> {
  const servers = await connection.servers();
  const patience = servers.length > 1 ? PATIENCE : DEADLINE;
  const answers = await Promise.allSettled(servers.map((server) => inTime(patience, settingsOf(server))));
  const settings = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  if (settings.length === 0)
    throw answers.find((answer) => answer.status === "rejected")?.reason ?? new Error("The cluster is not connected.");
  for (const one of settings) refuseEviction(one);
  warn(settings, settings.length < servers.length);
}

function refuseEviction({ policy, maxmemory }: Settings): void {
  if (!policy?.startsWith("allkeys-") || maxmemory === 0) return;
  throw new OptionError(
    "client",
    `\`redisVault\` needs a Redis that drops nothing when its memory is full: set \`maxmemory-policy\` to \`noeviction\`, it is \`${policy}\`.`,
  );
}

function warn(settings: readonly Settings[], isAnyAway: boolean): void {
  const evicting = settings.find(({ policy }) => policy?.startsWith("allkeys-"));
  if (evicting !== undefined) {
    say(
      "NOTION_OAUTH_REDIS_EVICTION",
      `Redis will drop tokens that Notion still accepts as soon as it has a \`maxmemory\`: set \`maxmemory-policy\` to \`noeviction\`, it is \`${evicting.policy}\`.`,
    );
  }
  if (settings.some(({ hasAppendOnlyFile }) => hasAppendOnlyFile === false)) {
    say(
      "NOTION_OAUTH_REDIS_PERSISTENCE",
      "Redis writes no append-only file: a restart loses the connections since its last snapshot, if it makes any, and the revocations that wait. Set `appendonly` to `yes`.",
    );
  }
  const unseen = [
    ...(isAnyAway || settings.some(({ policy }) => policy === undefined) ? ["`maxmemory-policy` is `noeviction`"] : []),
    ...(isAnyAway || settings.some((one) => one.hasAppendOnlyFile === undefined) ? ["`appendonly` is `yes`"] : []),
  ];
  if (unseen.length > 0) {
    const where = isAnyAway ? "each master of the cluster" : "Redis";
    say(
      "NOTION_OAUTH_REDIS_UNSEEN",
      `\`redisVault\` could not look at the settings of ${where}: make sure that ${unseen.join(" and ")}.`,
    );
  }
}

function say(code: string, message: string): void {
  process.emitWarning(message, { code });
}
