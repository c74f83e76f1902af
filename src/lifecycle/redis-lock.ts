import { randomBytes } from "node:crypto";
import { answerWithin } from "./answer-within.js";
import { keepLease } from "./keep-lease.js";
import type { Lock } from "./lock.js";
import { type LockOptions, type ResolvedLockOptions, resolveLockOptions } from "./lock-options.js";
import { type RedisLockClient, type RunScript, scriptRunner } from "./redis-lock-client.js";
import { waitForLock } from "./wait-for-lock.js";

/**
 * A {@link Lock} across processes, kept as a lease in Redis. `client` is the app's own, connected, of ioredis or
 * node-redis (5 or 6), one server or a cluster; it is never closed here, and its `error` events stay the app's to listen to.
 *
 * The key holds a random owner token and lives `ttlMs`. While `fn` runs it is renewed every third of that; when the
 * process dies, others go on after at most `ttlMs`. Only the owner's token frees or renews a key
 * (https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * What it cannot do: stop `fn` once the lease is lost (the process was frozen for longer than `ttlMs`, the key was
 * removed, a failover lost it). `onLeaseLost` is told, and the result of `fn` counts. So whatever `fn` writes has to bear a
 * second holder: re-read before writing.
 *
 * When freeing fails, the result of `fn` counts all the same, and the lock ends with its lease.
 *
 * @throws {OptionError} at once, for another kind of client and for wrong options.
 * @throws {StoreError} `lock_unavailable` from the lock: after `maxWait`, or when Redis fails or does not answer within `timeout`.
 */
export function redisLock(client: RedisLockClient, options: LockOptions = {}): Lock {
  const run = scriptRunner(client);
  const settings = resolveLockOptions(options);

  return async function lockInRedis(key, ttlMs, fn) {
    const free = await waitForLock(() => takeLease(run, key, ttlMs, settings), settings.maxWait(ttlMs), settings);
    try {
      return await fn();
    } finally {
      await free();
    }
  };
}

const take = 'if redis.call("set", KEYS[1], ARGV[1], "NX", "PX", ARGV[2]) then return 1 else return 0 end';
const renew =
  'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) else return 0 end';
const remove = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end';

/** One try. Resolves with how to free the lock, or undefined when somebody else holds it. */
async function takeLease(
  run: RunScript,
  key: string,
  ttlMs: number,
  { prefix, timeout, now, onLeaseLost }: ResolvedLockOptions,
): Promise<(() => Promise<void>) | undefined> {
  const name = prefix + key;
  const owner = randomBytes(16).toString("hex");
  const milliseconds = String(Math.ceil(ttlMs));

  const removeOwn = (): Promise<unknown> =>
    answerWithin(timeout, () => run(remove, name, owner)).catch(() => {
      // The lease ends by itself.
    });
  const removeLate = (taken: boolean): void => {
    if (taken) {
      void removeOwn();
    }
  };

  const since = now();
  const taken = await answerWithin(Math.min(timeout, ttlMs), () => run(take, name, owner, milliseconds), removeLate);
  // A process that was frozen meanwhile reads the answer when the lease is over already.
  if (!taken || now() - since >= ttlMs) {
    removeLate(taken);
    return undefined;
  }

  const lease = keepLease({
    ttlMs,
    since,
    now,
    renew: () => answerWithin(Math.min(timeout, ttlMs / 3), () => run(renew, name, owner, milliseconds)),
    onLost: (cause) => onLeaseLost(key, cause),
  });
  return async () => {
    lease.stop();
    await removeOwn();
  };
}
