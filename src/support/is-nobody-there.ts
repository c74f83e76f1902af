/** Whether somebody's function looked for a part of a user (or something else) that is not there: `req.user.id`, say. */
export function isNobodyThere(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /^Cannot (?:read|destructure) propert(?:y|ies) .*\b(?:undefined|null)\b/.test(error.message)
  );
}
