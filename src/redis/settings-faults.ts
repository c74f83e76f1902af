import type { AllSettings, Settings } from "./server-settings.js";

/**
 * What is wrong with the settings of a Redis.
 *
 * - `drops`: it drops entries when its memory is full. Such a server is refused.
 * - `would_drop`: it will, once somebody limits its memory.
 * - `forgets`: a restart loses entries.
 * - `unseen`: a setting may not be looked at.
 */
export interface SettingsFault {
  readonly kind: "drops" | "would_drop" | "forgets" | "unseen";
  /** What is wrong, and what to do. */
  readonly message: string;
}

export function faultsOf({ settings, isAnyAway }: AllSettings): SettingsFault[] {
  return [
    ...settings.filter(drops).map(({ policy }) => fault("drops", policy)),
    ...settings
      .filter((one) => evicts(one) && !drops(one))
      .slice(0, 1)
      .map(({ policy }) => fault("would_drop", policy)),
    ...(settings.some(({ hasAppendOnlyFile }) => hasAppendOnlyFile === false) ? [fault("forgets")] : []),
    ...unseen(settings, isAnyAway),
  ];
}

function evicts({ policy }: Settings): boolean {
  return policy?.startsWith("allkeys-") === true;
}

function drops(settings: Settings): boolean {
  return evicts(settings) && settings.maxmemory !== 0;
}

function fault(kind: keyof typeof MESSAGES, policy = ""): SettingsFault {
  return { kind, message: MESSAGES[kind](policy) };
}

const MESSAGES = {
  drops: (policy: string) =>
    `\`redisVault\` needs a Redis that drops nothing when its memory is full: set \`maxmemory-policy\` to \`noeviction\`, it is \`${policy}\`.`,
  would_drop: (policy: string) =>
    `Redis will drop tokens that Notion still accepts as soon as it has a \`maxmemory\`: set \`maxmemory-policy\` to \`noeviction\`, it is \`${policy}\`.`,
  forgets: () =>
    "Redis writes no append-only file: a restart loses the connections since its last snapshot, if it makes any, and the revocations that wait. Set `appendonly` to `yes`.",
};

function unseen(settings: readonly Settings[], isAnyAway: boolean): SettingsFault[] {
  const names = [
    ...(isAnyAway || settings.some(({ policy }) => policy === undefined) ? ["`maxmemory-policy` is `noeviction`"] : []),
    ...(isAnyAway || settings.some((one) => one.hasAppendOnlyFile === undefined) ? ["`appendonly` is `yes`"] : []),
  ];
  if (names.length === 0) return [];
  const where = isAnyAway ? "each master of the cluster" : "Redis";
  const message = `\`redisVault\` could not look at the settings of ${where}: make sure that ${names.join(" and ")}.`;
  return [{ kind: "unseen", message }];
}
