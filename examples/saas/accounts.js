// @ts-check
import { randomUUID } from "node:crypto";
import { hashPassword, isPassword } from "./passwords.js";

/** @typedef {{ id: string, name: string }} Account */

/** The accounts of this app. Notion has no part in them. @param {import("./database.js").AppDatabase} database */
export function createAccounts(database) {
  // An id is never given twice: what the vault keeps under it must not be found by somebody else.
  const insert = database.prepare("INSERT OR IGNORE INTO accounts (id, name, password) VALUES (?, ?, ?)");
  const byId = database.prepare("SELECT id, name FROM accounts WHERE id = ? AND closed = 0");
  const byName = database.prepare("SELECT id, name, password FROM accounts WHERE name = ? AND closed = 0");
  const close = database.prepare("UPDATE accounts SET closed = 1 WHERE id = ?");
  const endSessions = database.prepare("DELETE FROM sessions WHERE account = ?");
  const closed = database.prepare("SELECT id FROM accounts WHERE closed = 1");
  const remove = database.prepare("DELETE FROM accounts WHERE id = ?");

  return {
    /**
     * @param {string} name
     * @param {string} password
     * @returns {Promise<Account | undefined>} undefined when the name is taken
     */
    async create(name, password) {
      const id = randomUUID();
      return insert.run(id, name, await hashPassword(password)).changes === 1 ? { id, name } : undefined;
    },
    /**
     * @param {string} name
     * @param {string} password
     * @returns {Promise<Account | undefined>}
     */
    async withPassword(name, password) {
      const [found] = /** @type {(Account & { password: string })[]} */ (byName.all(name));
      return (await isPassword(password, found?.password)) && found ? { id: found.id, name: found.name } : undefined;
    },
    /** @param {string | undefined} id */
    find(id) {
      const [found] = id === undefined ? [] : /** @type {Account[]} */ (byId.all(id));
      return found;
    },
    /** From here on nobody is this account: not in a session, and not with the password. @param {string} id */
    close(id) {
      close.run(id);
      endSessions.run(id);
    },
    /** Accounts whose deletion has begun. @returns {string[]} */
    closed() {
      return /** @type {{ id: string }[]} */ (closed.all()).map(({ id }) => id);
    },
    /** @param {string} id */
    remove(id) {
      remove.run(id);
    },
  };
}

/** @typedef {ReturnType<typeof createAccounts>} Accounts */
