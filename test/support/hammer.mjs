// A process that uses a vault as hard as it can until it is killed, and says what it was promised, one line for each thing.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [directory, kind, place, name] = process.argv.slice(2);
const module = await import(pathToFileURL(join(directory, `${kind}.js`)).href);
const vault = module[`${kind}Vault`](place).open("client");

/** At once, and not when this process has time for it. */
const say = (...words) => writeSync(1, `${words.join(" ")}\n`);

async function raise() {
  const read = await vault.get("counter");
  const count = read.data.count + 1;
  const entry = { id: "counter", state: "held", dueIn: null, keys: [`count:${count}`], data: { count } };
  if (await vault.replace(entry, read.version)) say("raised", count);
}

async function insert(index) {
  const id = `${name}-${index}`;
  const keys = [`token:${id}`, `process:${name}`];
  if (await vault.insert({ id, state: "ending", dueIn: index % 3 === 0 ? 0 : 3_600_000, keys, data: { id } }))
    say("inserted", id);
}

async function work() {
  for (const { id, version } of await vault.takeDue(2, 3_600_000)) {
    say("taken", `${id}:${version}`);
    if (version % 2 !== 0) continue;
    say("erasing", id);
    say((await vault.erase(id, version)) ? "erased" : "broken", id);
  }
}

await vault.get("counter");
say("ready");
for (let index = 0; ; index += 1)
  await Promise.all([raise(), raise(), insert(2 * index), insert(2 * index + 1), work()]);
