import type { VaultFinding } from "../vault/vault.js";
import type { Connection, Server } from "./connection.js";
import { type AllSettings, appendfsyncOf, isReplica, readSettings } from "./server-settings.js";
import { faultsOf, type SettingsFault } from "./settings-faults.js";

/** What the servers say of themselves. Asks, and sends nothing else. */
export async function inspectServers(connection: Connection): Promise<VaultFinding[]> {
  const all = await readSettings(connection);
  const servers = await connection.servers();
  const faults = faultsOf(all);
  return [
    ...(await replicas(servers)),
    ...faults.map(toFinding),
    ...keepsAll(all, faults),
    ...(await writing(servers, all)),
  ];
}

function toFinding({ kind, message }: SettingsFault): VaultFinding {
  return { status: kind === "drops" || kind === "forgets" ? "problem" : "warning", message };
}

function keepsAll({ settings, isAnyAway }: AllSettings, faults: readonly SettingsFault[]): VaultFinding[] {
  const isDoubtful = isAnyAway || faults.some(({ kind }) => kind === "drops" || kind === "would_drop");
  const policies = [...new Set(settings.map(({ policy }) => policy))];
  if (isDoubtful || policies.includes(undefined)) return [];
  const message = `Redis drops no entry when its memory is full: \`maxmemory-policy\` is \`${policies.join("`, `")}\`.`;
  return [{ status: "ok", message }];
}

/** How soon what Redis has answered is on its disk. */
async function writing(servers: readonly Server[], { settings, isAnyAway }: AllSettings): Promise<VaultFinding[]> {
  if (isAnyAway || settings.some(({ hasAppendOnlyFile }) => hasAppendOnlyFile !== true)) return [];
  const found = await Promise.all(servers.map(appendfsyncOf));
  if (found.every((one) => one === "always")) {
    const message =
      "Redis writes an append-only file, and answers when it is on the disk: `appendfsync` is `always`. A crash loses nothing.";
    return [{ status: "ok", message }];
  }
  const begin = "Redis writes an append-only file.";
  const advice = "Set `appendfsync` to `always` where nothing may be lost.";
  if (found.includes("no"))
    return [
      {
        status: "warning",
        message: `${begin} The operating system decides when it comes to the disk (\`appendfsync\` is \`no\`): a failure of the machine loses the last half minute or so.`,
        advice,
      },
    ];
  if (found.includes("everysec"))
    return [
      {
        status: "warning",
        message: `${begin} It comes to the disk once a second (\`appendfsync\` is \`everysec\`): a crash loses up to two seconds.`,
        advice,
      },
    ];
  return [
    {
      status: "warning",
      message: `${begin} When it comes to the disk could not be looked at: this user may not ask for \`appendfsync\`.`,
      advice: "Let this user run `CONFIG GET`, or look at `appendfsync` yourself: with `always` a crash loses nothing.",
    },
  ];
}

async function replicas(servers: readonly Server[]): Promise<VaultFinding[]> {
  const found = await Promise.all(servers.map((server) => isReplica(server).catch(() => undefined)));
  if (!found.includes(true)) return [];
  return [
    {
      status: "problem",
      message: "This Redis is a replica, which takes no writes.",
      advice: "Give the vault the address of the master.",
    },
  ];
}
