// A process that uses a vault as hard as it can until it is killed, and says what it was promised, one line for each thing.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [directory, kind, place, name] = process.argv.slice(2);
const module = await import(pathToFileURL(join(directory, `${kind}.js`)).href);
const vault = module[`${kind}Vault`](place).open("client");

/** At once, and not when this process has time for it. */
const say = (...words) => writeSync(1, `${words.join(" ")}\n`);

/** What a vault says of a call that it has given up: on a machine that is busy, that may be any. */
const LATE = /did not answer|timeout exceeded|statement timeout|connection timeout|database is locked/;

/** What a call brings; undefined when it was given up, and may have been done. */
async function told(call) {
  try {
    return await call;
  } catch (error) {
    if (!LATE.test(error.message)) throw error;
    say("unanswered", name);
    return undefined;
  }
}

async function raise() {
  const read = await told(vault.get("counter"));
  if (read === undefined) return;
  const count = read.data.count + 1;
  const entry = { id: "counter", state: "held", dueIn: null, keys: [`count:${count}`], data: { count } };
  if (await told(vault.replace(entry, read.version))) say("raised", count);
}

async function insert(index) {
  const id = `${name}-${index}`;
  const keys = [`token:${id}`, `process:${name}`];
  const entry = { id, state: "ending", dueIn: index % 3 === 0 ? 0 : 3_600_000, keys, data: { id } };
  if (await told(vault.insert(entry))) say("inserted", id);
}

async function work() {
  for (const { id, version } of (await told(vault.takeDue(2, 3_600_000))) ?? []) {
    say("taken", `${id}:${version}`);
    if (version % 2 !== 0) continue;
    say("erasing", id);
    const isErased = await told(vault.erase(id, version));
    if (isErased !== undefined) say(isErased ? "erased" : "broken", id);
  }
}

while ((await told(vault.get("counter"))) === undefined);
say("ready");
for (let index = 0; ; index += 1)
  await Promise.all([raise(), raise(), insert(2 * index), insert(2 * index + 1), work()]);
