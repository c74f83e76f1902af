import { UsageError } from "../command.js";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Node's timers take no more, in ms: 24 days. */
const LONGEST = 2 ** 31 - 1;

/** A time such as `30s`, in ms. Without a unit: seconds. @throws UsageError */
export function timeOption(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = "s"] = /^(\d{1,6}(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageError(`${flag} must be a time such as 30s, 10m or 2h.`);
  return Math.min(Number(amount) * (UNITS[unit] ?? 1000), LONGEST);
}
