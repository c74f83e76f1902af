// @ts-check
// What the worker has found, for the web process to show.

/** @typedef {{ syncedAt: number | null, endedAt: number | null, failures: number, titles: string[] }} Synced */

const LONGEST_PAUSE = 10 * 60 * 1000;

/** @param {import("./database.js").AppDatabase} database */
export function createSynced(database) {
  // For an account that was deleted meanwhile, nothing is written.
  const begin = database.prepare(
    "INSERT OR IGNORE INTO syncs (account, bot, changed_at) SELECT id, ?, 0 FROM accounts WHERE id = ?",
  );
  const succeeded = database.prepare(`UPDATE syncs
    SET synced_at = ?, changed_at = ?, ended_at = NULL, failures = 0, next_try = 0 WHERE account = ? AND bot = ?`);
  const failed = database.prepare(`UPDATE syncs
    SET failures = failures + 1, next_try = ? + min(?, 1000 << min(failures, 20)), changed_at = ? WHERE account = ? AND bot = ?`);
  const ended = database.prepare(`UPDATE syncs
    SET ended_at = ?, changed_at = ?, failures = 0, next_try = 0 WHERE account = ? AND bot = ?`);
  const nextTry = database.prepare("SELECT next_try AS at FROM syncs WHERE account = ? AND bot = ?");
  const forget = database.prepare("DELETE FROM syncs WHERE account = ? AND bot = ?");
  const known = database.prepare("SELECT account, bot FROM syncs ORDER BY account, bot");
  const clear = database.prepare("DELETE FROM pages WHERE account = ? AND bot = ?");
  const add = database.prepare("INSERT INTO pages (account, bot, position, title) VALUES (?, ?, ?, ?)");
  const syncs = database.prepare(
    "SELECT bot, synced_at AS syncedAt, ended_at AS endedAt, failures FROM syncs WHERE account = ?",
  );
  const pages = database.prepare("SELECT bot, title FROM pages WHERE account = ? ORDER BY bot, position");
  const version = database.prepare(
    "SELECT count(*) || '-' || coalesce(max(changed_at), 0) AS version FROM syncs WHERE account = ?",
  );

  const save = database.transaction(
    (/** @type {string} */ account, /** @type {string} */ bot, /** @type {string[]} */ titles) => {
      begin.run(bot, account);
      const now = Date.now();
      if (succeeded.run(now, now, account, bot).changes === 0) return;
      clear.run(account, bot);
      for (const [position, title] of titles.entries()) add.run(account, bot, position, title);
    },
  );

  return {
    save: save.immediate,
    /** It is tried again later, and later each time. @param {string} account @param {string} bot */
    fail(account, bot) {
      begin.run(bot, account);
      failed.run(Date.now(), LONGEST_PAUSE, Date.now(), account, bot);
    },
    /** Its user has to connect again. @param {string} account @param {string} bot */
    end(account, bot) {
      begin.run(bot, account);
      ended.run(Date.now(), Date.now(), account, bot);
    },
    /** @param {string} account @param {string} bot */
    forget(account, bot) {
      forget.run(account, bot);
    },
    /** @param {string} account @param {string} bot */
    isDue(account, bot) {
      const [found] = /** @type {{ at: number }[]} */ (nextTry.all(account, bot));
      return (found?.at ?? 0) <= Date.now();
    },
    /** @returns {{ account: string, bot: string }[]} */
    all() {
      return /** @type {{ account: string, bot: string }[]} */ (known.all());
    },
    /** By the id of the bot. @param {string} account @returns {Map<string, Synced>} */
    of(account) {
      const rows = /** @type {(Omit<Synced, "titles"> & { bot: string })[]} */ (syncs.all(account));
      const found = new Map(rows.map(({ bot, ...sync }) => [bot, { ...sync, titles: /** @type {string[]} */ ([]) }]));
      for (const { bot, title } of /** @type {{ bot: string, title: string }[]} */ (pages.all(account)))
        found.get(bot)?.titles.push(title);
      return found;
    },
    /** Another one whenever something has changed for this account. @param {string} account @returns {string} */
    version(account) {
      const [row] = /** @type {{ version: string }[]} */ (version.all(account));
      return row?.version ?? "";
    },
  };
}

/** @typedef {ReturnType<typeof createSynced>} AllSynced */
