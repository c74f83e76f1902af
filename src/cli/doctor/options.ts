import { type Finding, findingsOf } from "./finding.js";
import { refusedIn } from "./refused-options.js";
import type { SetUp } from "./set-up.js";

const { ok } = findingsOf("options");

/** Whether `createNotionOAuth` takes them. */
export function checkOptions(setUp: SetUp): Finding[] {
  const refused = refusedIn(setUp, "options");
  if (refused.length > 0 || setUp.options === undefined || setUp.refused.length > 0) return refused;
  return [ok("`createNotionOAuth()` takes these options.")];
}
