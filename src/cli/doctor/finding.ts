/** What is looked at, in the order in which it is told, with its title. */
export const checks = {
  runtime: "Node and packages",
  options: "Options",
  "redirect-uri": "Redirect URI and routes",
  "base-url": "Base URL",
  credentials: "Credentials",
  clock: "Clock",
  vault: "Vault",
  "session-cookie": "Session cookie",
} as const;

export type Check = keyof typeof checks;

/** One thing that was found. */
export interface Finding {
  readonly check: Check;
  /** `skipped`: it was not looked at. */
  readonly status: "ok" | "warning" | "problem" | "skipped";
  /** Whole sentences. */
  readonly message: string;
  /** What to do; of what is `ok`, what goes with it. */
  readonly advice?: string;
}

/** What makes the findings of one check. Whoever finds something wrong knows what to do. */
export function findingsOf(check: Check) {
  const making = (status: Finding["status"]) => (message: string, advice?: string) =>
    finding(check, status, message, advice);
  const advising = (status: Finding["status"]) => (message: string, advice: string) =>
    finding(check, status, message, advice);
  return { ok: making("ok"), warning: advising("warning"), problem: advising("problem"), skipped: making("skipped") };
}

function finding(check: Check, status: Finding["status"], message: string, advice: string | undefined): Finding {
  return { check, status, message, ...(advice !== undefined && { advice }) };
}
