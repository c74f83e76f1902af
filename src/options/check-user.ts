import { OptionError } from "../errors.js";

/** Longest id of a user, in characters. */
const LONGEST = 512;

/** Half of a character: in UTF-8, and so in a hash, all of them are the same. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * An id of the app's user, as the vault keeps it: `1` and `"1"` are the same user.
 * @param name the option or argument that gave it
 * @throws OptionError, never with the value
 */
export function checkUserId(name: string, value: unknown): string {
  if (Number.isSafeInteger(value) || typeof value === "bigint") return String(value);
  if (typeof value === "string" && value !== "" && value.length <= LONGEST && !LONE_SURROGATE.test(value)) return value;
  throw new OptionError(
    name,
    `\`${name}\` must be the id of a user: a string of 1 to ${LONGEST} characters, or a whole number. For an object of a database, such as an ObjectId, pass its \`toString()\`.`,
  );
}
