import type { ContractCase } from "./contract-case.js";
import { adding } from "./revocation-queue/adding.js";
import { listing } from "./revocation-queue/listing.js";
import { QueueUnderTest, type RevocationQueueSetup } from "./revocation-queue/queue-under-test.js";
import { settling } from "./revocation-queue/settling.js";
import { sharing } from "./revocation-queue/sharing.js";
import { taking } from "./revocation-queue/taking.js";

/**
 * The test battery that every `RevocationQueue` has to pass, for any test runner:
 *
 *     for (const { name, run } of revocationQueueContract(setup)) test(name, run);
 *
 * `setup` is called once per case and has to bring a queue on empty storage. On a real clock a case takes up to a few
 * seconds. Cases may run at the same time if the storages do not touch.
 */
export function revocationQueueContract(setup: () => Promise<RevocationQueueSetup>): readonly ContractCase[] {
  return Object.entries({ ...adding, ...taking, ...settling, ...listing, ...sharing }).map(([name, body]) => ({
    name,
    run: async () => {
      const queueUnderTest = new QueueUnderTest(await setup());
      try {
        await body(queueUnderTest);
      } finally {
        await queueUnderTest.close();
      }
    },
  }));
}
