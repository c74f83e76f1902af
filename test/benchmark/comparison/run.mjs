// npm run compare [-- --write] [--only ours,passport] [--rows ordinary,down] [--json]
import { parseArgs } from "node:util";
import { askWithoutFacade, measure } from "./measure.mjs";
import { asDocumented, byHand, settings, toMarkdown, writePage } from "./page.mjs";
import { situations } from "./situations/index.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: [...new Set([...asDocumented, ...byHand, ...Object.keys(settings)])].join() },
    rows: { type: "string", default: Object.keys(situations).join() },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

// Progress goes to stderr, so that stdout is the page or the JSON alone.
const report = (text) => console.error(`... ${text}`);
const cells = await measure(values.only.split(","), values.rows.split(","), report);
if (values.json) {
  console.log(JSON.stringify(cells, undefined, 2));
  process.exit(0);
}
const markdown = toMarkdown(cells, await askWithoutFacade());
if (values.write) writePage(markdown);
else console.log(markdown);
process.exit(0);
