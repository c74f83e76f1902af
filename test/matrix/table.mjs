import { expresses, passports, vaults } from "./cells.mjs";

const marks = ["<!-- matrix: npm run matrix -- --write -->", "<!-- /matrix -->"];

/** What the columns say, and which lives each of them is about. */
const columns = [
  ...Object.keys(expresses).map((name) => [`Express ${name}`, ({ express }) => express === name]),
  ...Object.keys(passports).map((name) => [`Passport ${name}`, ({ passport }) => passport === name]),
  ...Object.keys(vaults).map((name) => [name, ({ vault }) => vault === name]),
];

/** @param results of each runtime: its `name`, and the `lives` that were lived on it */
export function tableOf(results) {
  const rows = results.map(({ name, lives }) => [name, ...columns.map(([, isOf]) => verdict(lives.filter(isOf)))]);
  const head = ["", ...columns.map(([name]) => name)];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`.replace("|  |", "| |"))
    .join("\n");
}

function verdict(lives) {
  if (lives.some(({ error }) => error !== undefined)) return "**failed**";
  return lives.length === 0 ? "**not run**" : "passed";
}

/** The table of a page. @throws Error when the page has no place for it */
export function tableIn(page) {
  const [start, end] = bounds(page);
  return page.slice(start, end).trim();
}

/** The page with this table in the place of the one that it has. */
export function withTable(page, table) {
  const [start, end] = bounds(page);
  return `${page.slice(0, start)}\n${table}\n${page.slice(end)}`;
}

function bounds(page) {
  const [start, end] = marks.map((mark) => page.indexOf(mark));
  if (start < 0 || end < start) throw new Error(`The page has no place for the table: ${marks.join(" ... ")}`);
  return [start + marks[0].length, end];
}
