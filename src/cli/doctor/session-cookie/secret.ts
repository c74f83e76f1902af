import { type Finding, findingsOf } from "../finding.js";
import type { SessionOptions } from "./session-options.js";

const { ok, warning, problem } = findingsOf("session-cookie");

export const TAKE_RANDOM_BYTES = "Take 32 random bytes: `openssl rand -base64 32`.";

/** Shorter ones can be tried out by whoever has a signed cookie. */
const SHORTEST = 16;

/** What is in the READMEs and tutorials that everybody has read. */
const KNOWN = ["keyboardcat", "secret", "yoursecret", "mysecret", "sessionsecret", "changeme", "supersecret", "shhhh"];

/** What signs the cookie: who knows it makes a cookie for any session id. */
export function checkSecret({ secret }: SessionOptions): Finding[] {
  const all: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  if (all.length === 0 || all.some((one) => one === undefined || one === null || one === ""))
    return [problem("express-session has no `secret`, or a blank one: it refuses to start.", TAKE_RANDOM_BYTES)];
  const texts = all.filter((one) => typeof one === "string");
  if (texts.some(isKnown))
    return [problem("The `secret` of the session is one of the well-known examples.", TAKE_RANDOM_BYTES)];
  if (texts.some((one) => one.length < SHORTEST))
    return [
      problem(
        `The \`secret\` of the session has less than ${SHORTEST} characters: it can be guessed.`,
        TAKE_RANDOM_BYTES,
      ),
    ];
  if (texts.some((one) => new Set(one).size < SHORTEST / 2))
    return [
      warning(
        "The `secret` of the session has few different characters: it looks like no random one.",
        TAKE_RANDOM_BYTES,
      ),
    ];
  return [ok("The `secret` of the session is long enough.")];
}

function isKnown(secret: string): boolean {
  const plain = secret.toLowerCase().replace(/[^a-z]/g, "");
  return KNOWN.includes(plain);
}
