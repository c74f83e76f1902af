import { describe, expect, test } from "vitest";
import { delay, eventually } from "../support/app.js";
import { openNetwork } from "../support/network.js";
import { describeOn } from "./support/places.js";
import { openWorkshop } from "./support/workers.js";

/** How long the database is away, in ms. */
const AWAY = 6000;
/** How many connections one process may try to make meanwhile: at first a few a second, then fewer. */
const MOST = 30;

const drivers = [
  { kind: "postgres", driver: "postgres", title: "a pool of our own" },
  { kind: "redis", driver: "redis", title: "ioredis by its URL" },
  { kind: "redis", driver: "node-redis", title: "the app's node-redis" },
] as const;

// What they wait for is time: they do it beside each other.
describe.concurrent("a process that only works, by", () => {
  for (const { kind, driver, title } of drivers)
    describeOn(kind, title, (place) => {
      test("lives with nothing due, asks a database that is away now and then, and goes on when it is back", async ({
        onTestFinished,
      }) => {
        const { emulator, fill, start, calls, dead } = await openWorkshop(place(), {}, onTestFinished);
        const direct = new URL(place().at);
        const network = await openNetwork(Number(direct.port));
        onTestFinished(network.close);
        const through = Object.assign(new URL(direct), { port: String(network.port) }).href;
        const [worker] = await start(1, {}, { kind: driver, at: through });
        const isAlive = () => worker!.child.exitCode === null && worker!.child.signalCode === null;
        await dead(await fill(1));

        // With entries in hand, too.
        emulator.fault("revoke", { delay: 1000, times: 16 });
        const inHand = await fill(8);
        await eventually(() => calls().length >= 2 + 16, "it has them in hand");
        const before = network.connections;
        network.cut();
        await delay(AWAY);
        expect(isAlive()).toBe(true);
        const tries = network.connections - before;
        expect(tries).toBeGreaterThan(0);
        expect(tries).toBeLessThan(MOST);

        network.heal();
        await dead([...inHand, ...(await fill(20))]);
        expect(isAlive()).toBe(true);
        if (process.env.WORKERS_FULL === "1") console.log(`${title}: ${tries} tries in ${AWAY} ms`);
      });
    });
});
