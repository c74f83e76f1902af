import { within } from "../../support/time-limit.js";
import type { NotionVault, VaultFinding } from "../../vault/vault.js";
import { type Finding, findingsOf } from "./finding.js";
import { isOptionError } from "./is-option-error.js";
import { refusedIn } from "./refused-options.js";
import { sayingOf } from "./saying-of.js";
import type { SetUp } from "./set-up.js";
import { codeOf, wordsFor } from "./system-codes.js";

const finding = findingsOf("vault");
const { problem, skipped } = finding;

/** How long a vault may look at itself, in ms. */
const PATIENCE = 10_000;

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
    return [problem(explain(error))];
  }
}

function inspect(vault: NotionVault): Promise<readonly VaultFinding[]> {
  const late = () => new Error(`it did not look at itself within ${PATIENCE / 1000} s`);
  const found = Promise.resolve().then(() => vault.inspect!());
  return within(PATIENCE, found, late);
}

function explain(error: unknown): string {
  if (isOptionError(error)) return error.message;
  const code = codeOf(error);
  const words = code === undefined ? undefined : wordsFor(code);
  return `The vault does not work: ${sayingOf(error)}${words === undefined ? "" : `: ${words} (${code})`}.`;
}
