// @ts-check
import { writeFileSync } from "node:fs";
import Database from "libsql";

/** One file for both processes. @param {string} path */
export function openDatabase(path) {
  // Made before SQLite does it, for its owner only.
  writeFileSync(path, "", { flag: "a", mode: 0o600 });
  const database = new Database(path);
  // Whoever writes waits for the other process to have written.
  database.exec("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON");
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
  return database;
}

/** @typedef {ReturnType<typeof openDatabase>} AppDatabase */

// The tables of the app. The vault has its own beside them. What is an account's goes with the account, and cannot come back: a late
// write of a request or of the worker finds no account to belong to.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS accounts (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password TEXT NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY,
  account TEXT REFERENCES accounts ON DELETE CASCADE,
  expires INTEGER NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_of_account ON sessions (account);
CREATE TABLE IF NOT EXISTS syncs (
  account TEXT NOT NULL REFERENCES accounts ON DELETE CASCADE,
  bot TEXT NOT NULL,
  synced_at INTEGER,
  ended_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (account, bot)
);
CREATE TABLE IF NOT EXISTS pages (
  account TEXT NOT NULL,
  bot TEXT NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  PRIMARY KEY (account, bot, position),
  FOREIGN KEY (account, bot) REFERENCES syncs ON DELETE CASCADE
);
`;
