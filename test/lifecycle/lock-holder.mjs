// A process that takes a lock and keeps it until it is killed. Arguments: the compiled lock's file, library, URL, key, ttl in ms.
import { pathToFileURL } from "node:url";

const [file, library, url, key, ttl] = process.argv.slice(2);
const locks = await import(pathToFileURL(file).href);

async function connect() {
  if (library === "ioredis") {
    const { Redis } = await import("ioredis");
    return locks.redisLock(new Redis(url));
  }
  if (library === "node-redis") {
    const { createClient } = await import("redis");
    return locks.redisLock(await createClient({ url }).connect());
  }
  const { default: pg } = await import("pg");
  return locks.postgresLock(new pg.Pool({ connectionString: url, max: 1 }));
}

const lock = await connect();
await lock(key, Number(ttl), async () => {
  process.stdout.write("held");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});
