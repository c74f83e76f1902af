// Writes llms.txt, what a language model reads of this package first (https://llmstxt.org): `npm run docs:llms`. Everything in it stands elsewhere too: the
// example in a documentation comment, a page's title and first sentence on that page. A path as the first argument takes the file's place.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(`${root}${path}`, "utf8");
const { name, description, engines, exports, peerDependencies } = JSON.parse(read("package.json"));

const guides = readdirSync(`${root}docs`)
  .filter((file) => file.endsWith(".md"))
  .sort();
const pages = [...guides.map((file) => `docs/${file}`), "src/emulator/README.md"];

const text = `# ${name}

> ${description}

Needs Node ${engines.node}, Express ${peerDependencies.express} and express-session ${peerDependencies["express-session"]}; is ESM, and \`require\` loads it as well.

${exampleOf("src/notion-oauth.ts", "createNotionOAuth")}
- \`express-session\` comes first, then \`notion.middleware()\`, then the app's routes. The middleware serves the login, the callback, the logout and the disconnect.
- The logout is a \`POST\`. It revokes the tokens at Notion, and destroys the session; what Notion does not confirm is tried again until it is confirmed.
- An app never stores or refreshes a token by itself: it calls Notion inside \`req.notion.withAccessToken()\`, or by \`req.notion.client()\`.
- The default vault forgets when the process ends: in production, pass the option \`vault\`.
- Tests run against \`createNotionEmulator()\`, and set the option \`baseUrl\` to its address.

## Guides

${list([["README.md", "Start here."], ...pages.map((page) => [page, firstSentence(page)])])}
## What to import

${Object.entries(exports)
  .filter(([, { types }]) => types !== undefined)
  .map(([subpath, { types }]) => `- \`${name}${subpath.slice(1)}\`: ${moduleSentence(types)}\n`)
  .join("")}
## Optional

${list([
  [
    "docs/api/README.md",
    "In the repository: every public name, with its units, errors and examples. In the package, the declarations say the same.",
  ],
  ["CHANGELOG.md", "What changed, by version."],
])}`;
writeFileSync(process.argv[2] ?? `${root}llms.txt`, text);

function list(links) {
  return links.map(([page, sentence]) => `- [${titleOf(page)}](${page}): ${sentence}\n`).join("");
}

function titleOf(page) {
  return /^# (.+)$/m.exec(read(page))[1];
}

/** The first sentence that is no heading, table, list or code; two, where the first says hardly anything. */
function firstSentence(page) {
  const paragraphs = read(page)
    .replace(/^```[\s\S]*?^```$/gm, "")
    .replace(/^> /gm, "")
    .split(/\n{2,}/);
  const prose = paragraphs.find((one) => /^[\w`*[]/.test(one)).replace(/\s+/g, " ");
  const [sentences] = /^.{40,}?[.?](?= [A-Z`*[]|$)/.exec(prose) ?? [prose];
  return sentences.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1").replace(/:$/, ".");
}

/** What an entry point says of itself. */
function moduleSentence(types) {
  const source = read(types.replace("./dist", "src").replace(".d.ts", ".ts"));
  return /^\/\*\*\n \* (.+)\n/.exec(source)[1].replace(/\{@link (\w+)\}/g, "`$1()`");
}

/** The example in the documentation comment of a function. */
function exampleOf(path, name) {
  const [comment] = read(path).split(`\nexport function ${name}(`)[0].split("\n/**\n").slice(-1);
  return /^ \* @example\n([\s\S]*?```\n)(?= \*\/)/m.exec(comment)[1].replace(/^ \* ?/gm, "");
}
