import type { Probe } from "../../api/probe.js";
import { LOGIN_LIFETIME, LOGIN_SKEW } from "../../lifecycle/lifetimes.js";
import { duration } from "../vault/text.js";
import { type Finding, findingsOf } from "./finding.js";

const { ok, warning, problem, skipped } = findingsOf("clock");

const ADVICE = "Set the clock, and let the machine keep it by NTP.";

/** This machine's clock, by the date of Notion's answer. */
export async function checkClock(answer: Promise<Probe | undefined>): Promise<Finding[]> {
  const clock = (await answer)?.clock;
  if (clock === undefined) return [skipped("The clock was not compared: no answer with a date came from Notion.")];
  // What is certain, whatever the way there and back took.
  const ahead = clock.most < 0 ? -clock.most : 0;
  const behind = Math.max(clock.least, 0);
  const distance = Math.max(ahead, behind);
  if (distance < LOGIN_SKEW / 2) {
    const exactly = Math.max(Math.abs(clock.least), Math.abs(clock.most));
    return [ok(`This machine's clock is Notion's, within ${duration(Math.max(exactly, 1000))}.`)];
  }
  const message = `This machine's clock is ${duration(distance)} ${ahead > 0 ? "ahead of" : "behind"} Notion's. ${effect(ahead > 0)}`;
  return [distance < LOGIN_LIFETIME ? warning(message, ADVICE) : problem(message, ADVICE)];
}

/** Where the clock is read: by express-session for `Expires`, for the age of a login, for `Retry-After`, and by the SQLite vault. */
function effect(isAhead: boolean): string {
  const session = isAhead
    ? "Browsers keep session cookies with a `maxAge` for longer."
    : "Session cookies with a `maxAge` expire too early in browsers, and those with a short one at once.";
  const login = isAhead
    ? `Logins that were started here are refused on machines with the right time (beyond ${duration(LOGIN_SKEW)}).`
    : `Logins that were started on machines with the right time are refused here (beyond ${duration(LOGIN_SKEW)}).`;
  return `${session} ${login} A \`Retry-After\` of Notion that is a date is misread.`;
}
