import type { Check, Finding } from "./finding.js";
import { findingsOf } from "./finding.js";
import { TAKE_RANDOM_BYTES } from "./session-cookie/secret.js";
import type { SetUp } from "./set-up.js";

/** Which check tells that an option was refused; all others are told by `options`. */
const tellers: Readonly<Record<string, Check>> = {
  clientId: "credentials",
  clientSecret: "credentials",
  secret: "credentials",
  redirectUri: "redirect-uri",
  routes: "redirect-uri",
  basePath: "redirect-uri",
  baseUrl: "base-url",
  agent: "base-url",
  vault: "vault",
  database: "vault",
  client: "vault",
};

const advice: Readonly<Record<string, string>> = {
  secret: TAKE_RANDOM_BYTES,
  redirectUri: "Write it as Notion has it registered: with https (http on this machine only), and without `#`.",
};

/** What was refused of the options that a check is about, in the words of whoever refused it. */
export function refusedIn({ refused, config }: Pick<SetUp, "refused" | "config">, check: Check): Finding[] {
  const { problem } = findingsOf(check);
  const correct = `Correct it in ${config ?? "the environment, or on the command line"}.`;
  return refused
    .filter(({ option }) => (tellers[option.split(".", 1)[0]!] ?? "options") === check)
    .map(({ option, message }) => problem(message, advice[option] ?? correct));
}
