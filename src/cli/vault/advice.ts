/** What to look at, by the code of the system or of the server. */
const advice: Readonly<Record<string, string>> = {
  ENOTFOUND: "No host of this name is known: look at the address, and at the network's DNS.",
  EAI_AGAIN: "The network's DNS does not answer, which knows where this host is.",
  ECONNREFUSED: "Nothing listens there: is the server running, and is this its port?",
  EHOSTUNREACH: "No way leads to this host: look at the network and its firewalls.",
  ETIMEDOUT: "The host does not answer: is it running, and does a firewall let this machine through?",
  ENOENT: "The socket or file is not there: is the server running, and on this machine?",
  // SQLite: https://www.sqlite.org/rescode.html
  SQLITE_NOTADB: "It is no file of sqliteVault(), or it is damaged: look at the path, or bring back a backup.",
  SQLITE_CORRUPT: "The file is damaged: bring back a backup, as docs/operations.md says.",
  SQLITE_CANTOPEN: "Let this user read and write the file and its directory.",
  SQLITE_READONLY: "Let this user write the file and its directory.",
  SQLITE_FULL: "Make room on the disk.",
  SQLITE_IOERR: "Look at the disk, and at the system's log.",
  // PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
  "28P01": "Look at the user and the password in the URL.",
  "28000": "Look at the user in the URL, and at the server's pg_hba.conf.",
  "3D000": "Look at the name of the database in the URL.",
  "42501": "Give the user of the URL the rights that docs/operations.md names.",
  // Redis
  WRONGPASS: "Look at the user and the password in the URL.",
  NOAUTH: "The server wants a password: write it into the URL.",
  NOPERM: "Give the user of the URL the right to run scripts on the keys of the vault.",
};

/** Undefined where nothing better is known than what was said. */
export function adviceFor(code: string): string | undefined {
  return Object.hasOwn(advice, code) ? advice[code] : undefined;
}
