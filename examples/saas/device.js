// @ts-check

const BROWSERS = /** @type {const} */ ([
  ["Edg/", "Edge"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
]);
const SYSTEMS = /** @type {const} */ ([
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
]);

/** "Firefox on Windows": enough for people to know their devices. @param {string | undefined} userAgent */
export function deviceOf(userAgent = "") {
  const [, browser = "A browser"] = BROWSERS.find(([mark]) => userAgent.includes(mark)) ?? [];
  const [, system] = SYSTEMS.find(([mark]) => userAgent.includes(mark)) ?? [];
  return system ? `${browser} on ${system}` : browser;
}
