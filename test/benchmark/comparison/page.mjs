import { readFileSync, writeFileSync } from "node:fs";
import { contestants } from "./contestants/index.mjs";
import { versionOf } from "./peers.mjs";
import { situations } from "./situations/index.mjs";

const path = new URL("../../../docs/comparison.md", import.meta.url);
const marks = ["<!-- npm run compare: begin -->", "<!-- npm run compare: end -->"];

export const asDocumented = ["ours", "passport", "authJs", "betterAuth", "openid"];
export const byHand = ["ours", "sdkByHand", "passportByHand", "authJsByHand", "betterAuthByHand", "openidByHand"];
/** This package with another setting. */
export const settings = { oursInMemory: "`memoryVault()`", oursLast: '`revokeOnLogout: "last"`' };

/** The measured part of the page. */
export function toMarkdown(cells, withoutFacade) {
  const rows = Object.entries(situations);
  const titles = (names) => names.map((name) => contestants[name].title);
  const compared = (names) =>
    table(
      ["", ...titles(names)],
      rows.map(([row, { title }]) => [title, ...names.map((name) => cells[name][row])]),
    );
  const changed = Object.entries(settings).flatMap(([name, title]) =>
    rows
      .filter(([row]) => cells[name][row] !== cells.ours[row])
      .map(([row, situation]) => [title, situation.title, cells.ours[row], cells[name][row]]),
  );
  return [
    "### As their documentation sets them up",
    compared(asDocumented),
    "### With a revoke call by hand in the logout",
    compared(byHand),
    "### This package with other settings",
    "Only what changes:",
    table(["setting", "situation", "by default", "with it"], changed),
    "### What each row is",
    rows.map(([, { title, meaning }]) => `- **${title}.** ${meaning}`).join("\n"),
    "### Versions",
    table(
      ["package", "version"],
      peers().map((name) => [name, versionOf(name)]),
    ),
    `express-openid-connect pointed at Notion itself, without the facade: its login answers ${withoutFacade.status}, "${withoutFacade.error}".`,
  ].join("\n\n");
}

/** Puts the measured part between the marks. */
export function writePage(markdown) {
  const page = readFileSync(path, "utf8");
  const [before, rest] = page.split(marks[0]);
  const [, after] = rest.split(marks[1]);
  writeFileSync(path, `${before}${marks[0]}\n\n${markdown}\n\n${marks[1]}${after}`);
}

function peers() {
  const named = Object.values(contestants).flatMap(({ packages }) => packages);
  return [...new Set(["express", "express-session", ...named])].sort();
}

function table(columns, rows) {
  return [columns, columns.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
