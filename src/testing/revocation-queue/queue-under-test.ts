import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { LeasedJob, RevocationJob } from "../../revocation/job.js";
import type { RevocationQueue } from "../../revocation/queue.js";
import { eventually } from "../eventually.js";

/** What `revocationQueueContract` needs of an implementation, made anew for every case. */
export interface RevocationQueueSetup {
  /** A queue on storage of its own, empty. */
  readonly queue: RevocationQueue;
  /** The queue's clock, in ms since 1970. Default: `Date.now`. */
  readonly now?: () => number;
  /** Moves the queue's clock on. Default: the battery waits, some hundred ms at a time. */
  readonly advance?: (ms: number) => void | Promise<void>;
  /** Opens one more queue on the same storage. Leave it out where the storage cannot be shared or reopened. The battery closes the queue. */
  readonly reopen?: () => Promise<RevocationQueue>;
  /** How long to wait for what has to happen sooner or later, in ms of real time. Default: 10 seconds. */
  readonly patience?: number;
  /** Closes `queue` (the battery may have done so already) and removes the storage. */
  readonly close: () => Promise<void>;
}

/** A lease that does not end during a case, in ms. */
export const longLease = 60_000;
/** A lease that a case waits for to end, in ms. */
export const shortLease = 400;
/** A lease in which a busy machine settles a job, and which a case then waits for to end, in ms. */
export const settlingLease = 3000;

/** The queue of one case, with what the cases have in common. */
export class QueueUnderTest {
  readonly queue: RevocationQueue;
  readonly #setup: RevocationQueueSetup;
  readonly #opened: RevocationQueue[] = [];

  constructor(setup: RevocationQueueSetup) {
    this.queue = setup.queue;
    this.#setup = setup;
  }

  now(): number {
    return this.#setup.now?.() ?? Date.now();
  }

  /** Lets time pass on the queue's clock. */
  async pass(ms: number): Promise<void> {
    if (this.#setup.advance === undefined) await sleep(ms + 5);
    else await this.#setup.advance(ms);
  }

  /** Asks until the answer is something other than undefined or false; fails with `message` when it takes too long. */
  eventually<T>(message: string, ask: () => Promise<T | undefined | false>): Promise<T> {
    return eventually(message, ask, this.#setup.patience ?? 10_000);
  }

  /** One more queue on the same storage; undefined when that cannot be. */
  async reopen(): Promise<RevocationQueue | undefined> {
    const queue = await this.#setup.reopen?.();
    if (queue !== undefined) this.#opened.push(queue);
    return queue;
  }

  async close(): Promise<void> {
    for (const queue of this.#opened) await queue.close();
    await this.#setup.close();
  }

  /** A job that is due now. */
  job(id: string, fields: Partial<RevocationJob> = {}): RevocationJob {
    const now = this.now();
    return { v: 1, id, kind: "revoke", sealed: `sealed-${id}`, createdAt: now, dueAt: now, attempts: 0, ...fields };
  }

  /** Adds a job that is due now and returns it as it is. */
  async added(id: string, fields: Partial<RevocationJob> = {}): Promise<RevocationJob> {
    const job = this.job(id, fields);
    await this.queue.add(job);
    return job;
  }

  /** Leases one job, which has to come sooner or later. */
  async taken(leaseMs: number, queue = this.queue): Promise<LeasedJob> {
    const [leased] = await this.takenAll(1, leaseMs, queue);
    return leased!;
  }

  /** Leases so many jobs, which have to come sooner or later, perhaps not at once: some backends promote delayed jobs lazily. */
  async takenAll(count: number, leaseMs: number, queue = this.queue): Promise<LeasedJob[]> {
    const taken: LeasedJob[] = [];
    await this.eventually(`take has to hand out ${count} job(s)`, async () => {
      taken.push(...(await queue.take(count - taken.length, leaseMs)));
      return taken.length === count;
    });
    return taken;
  }

  /** Adds a job and leases it. */
  async addedAndTaken(id: string, leaseMs = longLease): Promise<LeasedJob> {
    await this.added(id);
    return this.taken(leaseMs);
  }

  /** Leases a job, lets that lease end and leases it again: the first lease is stale, the second holds. */
  async withStaleLease(id: string): Promise<{ stale: string; held: LeasedJob }> {
    const { lease } = await this.addedAndTaken(id, shortLease);
    await this.pass(shortLease);
    return { stale: lease, held: await this.taken(longLease) };
  }

  /** Nothing is due, also when asked again. */
  async expectNothing(because: string, queue = this.queue): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      const taken = await queue.take(10, longLease);
      assert.deepEqual(idsOf(taken), [], because);
      await sleep(10);
    }
  }

  /** The job is neither waiting nor failed, and is not handed out. */
  async expectGone(id: string): Promise<void> {
    assert.equal(await this.queue.get(id), undefined, "get has to find nothing of a job that is gone");
    for (const state of ["waiting", "failed"] as const) {
      const ids = (await this.queue.list(state)).map((job) => job.id);
      assert.ok(!ids.includes(id), `a job that is gone must not be listed as ${state}`);
    }
    await this.expectNothing("a job that is gone must not be handed out");
  }

  /** The holder of the lease can still finish the job: nothing took the lease away. */
  async expectHeld(held: LeasedJob): Promise<void> {
    assert.deepEqual(await this.queue.get(held.job.id), held.job, "the job of a lease that holds has to stay as it is");
    await this.expectNothing("a leased job must not be handed out");
    await this.queue.acknowledge(held.job.id, held.lease);
    await this.expectGone(held.job.id);
  }
}

export function idsOf(taken: readonly LeasedJob[]): string[] {
  return taken.map(({ job }) => job.id);
}
