import { within } from "../../support/time-limit.js";
import type { NotionVault, VaultFinding } from "../../vault/vault.js";
import { adviceFor } from "../vault/advice.js";
import { type Finding, findingsOf } from "./finding.js";
import { isOptionError } from "./is-option-error.js";
import { refusedIn } from "./refused-options.js";
import { sayingOf } from "./saying-of.js";
import type { SetUp } from "./set-up.js";
import { codeOf, wordsFor } from "./system-codes.js";

/** What others say comes without advice where it says what to do by itself. */
type Telling = Readonly<Record<Finding["status"], (message: string, advice?: string) => Finding>>;
const finding = findingsOf("vault") as Telling;
const { problem, skipped } = finding;

/** How long a vault may look at itself, in ms. */
const PATIENCE = 10_000;

/** Where no code says more, such as when it hangs. */
const LOOK = "Look whether it runs, whether this machine gets through to it, and what its own log says.";

/** Whether what the vault keeps survives, and who can read it. */
export async function checkVault(setUp: SetUp): Promise<Finding[]> {
  const refused = refusedIn(setUp, "vault");
  if (refused.length > 0) return refused;
  const { vault, config } = setUp;
  if (vault === undefined) {
    if (config !== undefined) return [skipped("The vault is not known: the options cannot be used.")];
    return [skipped("No vault was named.", "Name it with --sqlite, --postgres or --redis, or give --config.")];
  }
  if (vault.inspect === undefined)
    return [skipped("This vault cannot say how it is set.", "Give it a method `inspect()`: see `NotionVault`.")];
  try {
    const found = await inspect(vault);
    return found.map(({ status, message, advice }) => finding[status](message, advice));
  } catch (error) {
    return [failure(error, vault.where)];
  }
}

function inspect(vault: NotionVault): Promise<readonly VaultFinding[]> {
  const late = () => new Error(`it did not look at itself within ${PATIENCE / 1000} s`);
  const found = Promise.resolve().then(() => vault.inspect!());
  return within(PATIENCE, found, late);
}

function failure(error: unknown, where: string | undefined): Finding {
  if (isOptionError(error)) return problem(error.message);
  const code = codeOf(error) ?? "";
  const advice = adviceFor(code);
  const words = advice === undefined ? wordsFor(code) : undefined;
  const said = `${sayingOf(error)}${words === undefined ? "" : `: ${words}`}`;
  const place = where === undefined ? "" : ` in ${where}`;
  return problem(`The vault${place} does not work: ${said}${said.includes(code) ? "" : ` (${code})`}.`, advice ?? LOOK);
}
