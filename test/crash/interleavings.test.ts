import { expect, test } from "vitest";
import { createNotionEmulator } from "../../src/emulator/index.js";
import { virtualClock } from "./support/clock.js";
import { serverOf } from "./support/memory-network.js";
import { openWorld } from "./support/world.js";

test("probe", async () => {
  const emulator = createNotionEmulator();
  const server = await serverOf(() => emulator.start());
  const clock = virtualClock();
  const t0 = process.hrtime.bigint();
  let n = 0;
  for (let i = 0; i < 200; i++) {
    emulator.reset();
    const world = await openWorld({ clock, emulator, notionServer: server, processes: 2 });
    const b = world.browser();
    const a = await world.logIn(b);
    expect([a.status, a.body]).toEqual([303, expect.anything()]);
    const me = await clock.await(b.get("/me"));
    expect(me.body).toBe('{"works":true}');
    const r = await clock.await(b.get("/refresh"));
    expect(r.body).toBe('{"works":true}');
    const out = await clock.await(b.post("/logout", { accept: "application/json" }));
    expect(out.body).toContain("revoked");
    await world.drain();
    expect([world.judge.orphans(), world.judge.taken()]).toEqual([[], []]);
    expect(emulator.activeTokens().length).toBe(0);
    world.end();
    n++;
  }
  console.log("per world ms", Number(process.hrtime.bigint() - t0) / 1e6 / n);
}, 60000);
