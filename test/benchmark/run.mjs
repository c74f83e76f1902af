// npm run bench [-- --quick] [--only logout,guard] [--json | --markdown]
import { parseArgs } from "node:util";
import { background } from "./rows/background.mjs";
import { drain } from "./rows/drain.mjs";
import { eventLoop } from "./rows/event-loop.mjs";
import { faults } from "./rows/faults.mjs";
import { guard } from "./rows/guard.mjs";
import { importing } from "./rows/importing.mjs";
import { installing } from "./rows/installing.mjs";
import { login } from "./rows/login.mjs";
import { logout } from "./rows/logout.mjs";
import { processes } from "./rows/processes.mjs";
import { refresh } from "./rows/refresh.mjs";
import { scale } from "./rows/scale.mjs";
import { print, toMarkdown } from "./table.mjs";

const rows = {
  logout,
  guard,
  login,
  import: importing,
  install: installing,
  faults,
  background,
  refresh,
  processes,
  loop: eventLoop,
  scale,
  drain,
};

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});
const only = values.only.flatMap((names) => names.split(","));
const unknown = only.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(", ")}: choose among ${Object.keys(rows).join(", ")}.`);
  process.exit(2);
}

// Progress goes to stderr, so that stdout is the tables or the JSON alone.
const report = (text) => console.error(`... ${text}`);
const tables = [];
for (const [name, measure] of Object.entries(rows)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const measured = await measure({ quick: values.quick, report });
  tables.push(...measured);
  for (const table of measured) {
    if (values.markdown) console.log(toMarkdown(table));
    else if (!values.json) print(table);
  }
}
if (values.json) console.log(JSON.stringify({ node: process.version, quick: values.quick, tables }, undefined, 2));
process.exit(0);
