// @ts-check

/**
 * Deletes an account, its Notion connections first. Whoever is killed in between leaves a closed account behind, and the worker finishes it.
 * @param {object} parts
 * @param {import("./accounts.js").Accounts} parts.accounts
 * @param {import("express-notion-oauth").NotionOAuth} parts.notion
 * @param {string} id
 */
export async function deleteAccount({ accounts, notion }, id) {
  // Nobody connects anything to a closed account.
  accounts.close(id);
  // Durable when it resolves, also while Notion is down: then the tokens die when it is back.
  await notion.revokeAll({ user: id });
  accounts.remove(id);
}

/** @param {Parameters<typeof deleteAccount>[0]} parts */
export async function finishDeletions(parts) {
  for (const id of parts.accounts.closed()) await deleteAccount(parts, id);
}
