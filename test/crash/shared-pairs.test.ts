import { expect, onTestFinished, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { virtualClock } from "./support/clock.js";
import { operations } from "./support/interleave.js";
import { expectNothingBroken, type Kill, openKillableWorld } from "./support/kills.js";
import { serverOf } from "./support/memory-network.js";
import { openWorld } from "./support/world.js";

const json = { accept: "application/json" };
/** Notion hands one pair to several logins, and is as strict as it may be. */
const behaviour = { reauthorize: "same_token", refreshReplay: "kill_family", refreshKillsAccessToken: true } as const;

test.each([0, 1, 2])(
  "a refresh of a pair in three sessions is killed before and after each of its calls: whichever refreshes after it (%i), all have a token that works",
  { timeout: 300_000 },
  async (first) => {
    const emulator = createNotionEmulator({ behaviour });
    const notionServer = await serverOf(() => emulator.start());
    onTestFinished(() => emulator.close());
    const clock = virtualClock();
    const world = await openKillableWorld({ clock, emulator, notionServer });
    onTestFinished(() => world.end());

    await expectNothingBroken(`refreshed by ${first}`, async (kill: Kill) => {
      await world.reset();
      emulator.configure(behaviour);
      const browsers = [world.browser(), world.browser(), world.browser()];
      for (const browser of browsers) await world.logIn(browser);
      const process = await world.strike(kill, (index) => operations.refresh(world, browsers[0]!, "refresh", index));
      if (process === undefined) return undefined;
      // Killed with the answer in its hands, it takes the pair with it.
      const expected = process.unsaved > 0 ? 401 : 200;
      const broken: string[] = [];
      // After the third time, the access token that the others may have is known to be dead.
      for (const index of [first, first, first, 0, 1, 2]) {
        const refresh = () => clock.await(browsers[index]!.get("/refresh", json));
        let answer = await refresh();
        // While its note is young, the process might still come back with the pair.
        for (let waited = 0; answer.status === 503 && waited < 20_000; waited += 5000) {
          await clock.pass(5000);
          answer = await refresh();
        }
        if (answer.status !== expected) broken.push(`${index}: ${answer.status} ${answer.body}`);
      }
      await world.drain();
      const { judge } = world;
      return [...broken, ...judge.taken(), ...judge.replayed()];
    });
  },
);

test("a login's answer comes when its pair was refreshed three times in another session: it goes on with the newest", async () => {
  const emulator = createNotionEmulator({ behaviour });
  const notionServer = await serverOf(() => emulator.start());
  onTestFinished(() => emulator.close());
  const clock = virtualClock();
  const world = await openWorld({ clock, emulator, notionServer });
  onTestFinished(() => world.end());
  const [first, second] = [world.browser(), world.browser()];
  await world.logIn(first);

  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const callback = await world.callback(second);
  emulator.fault("token", { process: true, delay: () => arrived, times: 1 });
  const login = second.get(callback);
  await clock.settled();
  for (let times = 0; times < 3; times++) expect((await clock.await(first.get("/refresh", json))).status).toBe(200);
  arrive();
  expect((await clock.await(login)).status).toBe(303);

  for (const browser of [second, first]) {
    const { status, body } = await clock.await(browser.get("/refresh", json));
    expect(`${status} ${body}`).toBe('200 {"works":true}');
  }
  expect([...world.judge.replayed(), ...world.judge.taken()]).toEqual([]);
});
