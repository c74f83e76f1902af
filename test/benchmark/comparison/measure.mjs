import { contestants } from "./contestants/index.mjs";
import { installPeers, pinned } from "./peers.mjs";
import { situations } from "./situations/index.mjs";
import { inWorld } from "./world.mjs";

/** How many situations are run at once: most of their time they wait. */
const LANES = 4;

/**
 * @param {readonly string[]} names of contestants
 * @param {readonly string[]} rows of situations
 * @returns what each contestant did in each situation: `{ ours: { ordinary: "dead", ... }, ... }`
 */
export async function measure(names, rows, report) {
  if (names.some(needsInstall)) installPeers();
  // In the order of the page, whichever is done first.
  const cells = Object.fromEntries(names.map((name) => [name, Object.fromEntries(rows.map((row) => [row, ""]))]));
  const tasks = rows.flatMap((row) => names.map((name) => ({ row, name })));
  async function lane() {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const { row, name } = task;
      cells[name][row] = await situations[row].run(name);
      report(`${row}, ${name}: ${cells[name][row]}`);
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane));
  return cells;
}

/** What express-openid-connect says when it is pointed at Notion itself. */
export function askWithoutFacade() {
  return inWorld("openidBare", {}, async (world) => {
    const { status, text } = await world.browser().get("/login");
    return { status, error: JSON.parse(text).error };
  });
}

function needsInstall(name) {
  return contestants[name].packages.some((one) => one in pinned);
}
