import type { Command } from "./command.js";
import { checkBaseUrl } from "./doctor/base-url.js";
import { checkClock } from "./doctor/clock.js";
import { checkCredentials } from "./doctor/credentials.js";
import type { Finding } from "./doctor/finding.js";
import { parseFlags } from "./doctor/flags.js";
import { checkOptions } from "./doctor/options.js";
import { divertOutput, leave, stayAwake } from "./doctor/process.js";
import { probeNotion } from "./doctor/probe-notion.js";
import { checkRedirectUri } from "./doctor/redirect-uri.js";
import { report } from "./doctor/report.js";
import { checkRuntime } from "./doctor/runtime.js";
import { checkSessionCookie } from "./doctor/session-cookie.js";
import { readSetUp, type SetUp } from "./doctor/set-up.js";
import { USAGE } from "./doctor/usage.js";
import { checkVault } from "./doctor/vault.js";
import { write } from "./vault/output.js";

/** `npx express-notion-oauth doctor`: looks at what an app is set up with, and changes nothing. */
export const doctorCommand: Command = async (args, env) => {
  const flags = parseFlags(args);
  if (flags.help === true) {
    write(USAGE);
    return 0;
  }
  const restoreOutput = divertOutput();
  const goToSleep = stayAwake();
  try {
    const setUp = await readSetUp(flags, env);
    const findings = await examine(setUp);
    restoreOutput();
    return report(findings, setUp.secrets, flags.json === true);
  } finally {
    restoreOutput();
    goToSleep();
    if (flags.config !== undefined) leave();
  }
};

/** All checks, in the order in which they are told. */
async function examine(setUp: SetUp): Promise<Finding[]> {
  const answer = probeNotion(setUp);
  const findings = await Promise.all([
    checkRuntime(setUp),
    checkOptions(setUp),
    checkRedirectUri(setUp),
    checkBaseUrl(setUp),
    checkCredentials(setUp, answer),
    checkClock(answer),
    checkVault(setUp),
    checkSessionCookie(setUp),
  ]);
  return findings.flat();
}
