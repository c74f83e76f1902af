/** The longest text that is shown, in characters: what others say may be long. */
const LONGEST = 1000;

/** What is shorter, or a plain word, would be found in any text: it is no secret. */
const SHORTEST = 6;
const PLAIN_WORD = /^[a-z]+$/i;

/** Text for a terminal or a log, whatever it is made of: without secrets, without the password of an address, and without commands to a terminal. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter((secret) => secret.length >= SHORTEST && !PLAIN_WORD.test(secret))
    .reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  return hidden
    .replace(/(:\/\/[^\s/:@]*):\S*@/g, "$1:***@")
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?")
    .slice(0, LONGEST);
}
