// @ts-check
// What both processes are told by the environment. start.js fills it in; in production your service manager does.

/** @param {string} name */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set (see settings.js).`);
  return value;
}

export function readSettings() {
  return {
    /** The file that both processes share: accounts, sessions, page titles, and the vault with the tokens. */
    database: required("DATABASE"),
    sessionSecret: required("SESSION_SECRET"),
    clientId: required("NOTION_CLIENT_ID"),
    clientSecret: required("NOTION_CLIENT_SECRET"),
    /** Where the emulated Notion is; undefined for the real one. */
    notionUrl: process.env.NOTION_URL,
  };
}

/** @typedef {ReturnType<typeof readSettings>} Settings */
