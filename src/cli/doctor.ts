import { resolve } from "node:path";
import type { Command } from "./command.js";
import { checkBaseUrl } from "./doctor/base-url.js";
import { besideTheApp } from "./doctor/beside-the-app.js";
import { checkClock } from "./doctor/clock.js";
import { checkCredentials } from "./doctor/credentials.js";
import type { Finding } from "./doctor/finding.js";
import { parseFlags } from "./doctor/flags.js";
import { checkOptions } from "./doctor/options.js";
import { probeNotion } from "./doctor/probe-notion.js";
import { checkRedirectUri } from "./doctor/redirect-uri.js";
import { report } from "./doctor/report.js";
import { checkRuntime } from "./doctor/runtime.js";
import { secretsOfEnvironment } from "./doctor/secrets-of.js";
import { checkSessionCookie } from "./doctor/session-cookie.js";
import { readSetUp, type SetUp } from "./doctor/set-up.js";
import { USAGE } from "./doctor/usage.js";
import { checkVault } from "./doctor/vault.js";
import { writeHelp } from "./fit-help.js";

/** `npx express-notion-oauth doctor`: looks at what an app is set up with, and changes nothing. */
export const doctorCommand: Command = async (args, env) => {
  const flags = parseFlags(args);
  if (flags.help === true) {
    writeHelp(USAGE);
    return 0;
  }
  const { config } = flags;
  const module = config === undefined ? undefined : { path: resolve(config), secrets: secretsOfEnvironment(env) };
  const { setUp, findings } = await besideTheApp(module, async () => {
    const setUp = await readSetUp(flags, env);
    return { setUp, findings: await examine(setUp) };
  });
  return report(findings, setUp.secrets, flags.json === true);
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
