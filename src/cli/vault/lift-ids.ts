/** An id that begins with a hyphen, as one of 64 does: 22 characters, more than any option's name. */
const HYPHENATED_ID = /^-[\w-]{21}$/;

/** Takes out of the arguments what looks like an option and is the id of an entry. */
export function liftIds(args: readonly string[]): { readonly ids: string[]; readonly others: string[] } {
  return {
    ids: args.filter((arg) => HYPHENATED_ID.test(arg)),
    others: args.filter((arg) => !HYPHENATED_ID.test(arg)),
  };
}
