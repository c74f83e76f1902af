import { expect, test } from "vitest";
import type { NewEntry } from "../../src/index.js";
import { eventually } from "../support/app.js";
import { describeOnEach } from "./support/places.js";
import { openWorkshop, type Waiting } from "./support/workers.js";

/** What a process cannot read. */
const unreadable: readonly ((entry: NewEntry) => NewEntry)[] = [
  // Sealed with another secret.
  (entry) => ({
    ...entry,
    data: { ...entry.data, tokens: "1.AAAAAAAA.c2VhbGVkIHdpdGggYSBzZWNyZXQgdGhhdCBub2JvZHkga25vd3M" },
  }),
  (entry) => ({ ...entry, data: { ...entry.data, tokens: "nonsense" } }),
  (entry) => ({ ...entry, data: { nonsense: true } }),
  (entry) => ({ ...entry, data: { ...entry.data, v: 2 } }),
];
const first = (entry: NewEntry): NewEntry => ({ ...entry, dueIn: -1000 });

describeOnEach("two workers whose oldest entries cannot be brought to an end", (place) => {
  test("have done a hundred others before the first of them times out, and lose nothing", async () => {
    const { emulator, vault, fill, start, calls, dead } = await openWorkshop(place());
    const strange = (await Promise.all(unreadable.map((change) => fill(5, (entry) => first(change(entry)))))).flat();
    const failing = await fill(1, first);
    const hanging = await fill(1, first);
    const isOf = (waiting: readonly Waiting[], token?: string) =>
      waiting.some(({ tokens }) => tokens.includes(token ?? ""));
    emulator.fault("revoke", { status: 500, when: ({ token }) => isOf(failing, token) });
    emulator.fault("revoke", { hang: true, when: ({ token }) => isOf(hanging, token) });
    const others = await fill(100);
    // The test does not wait that long.
    const workers = await start(2, { timeout: 120_000 });
    await dead(others);

    const again = () => calls().filter(({ token }) => isOf(failing, token)).length > 2;
    await eventually(again, "the failing one is tried again");
    expect(calls().filter(({ token }) => isOf(hanging, token))).toHaveLength(2);
    expect(calls().filter(({ token }) => isOf(strange, token))).toEqual([]);
    for (const { id } of [...strange, ...failing, ...hanging])
      expect(await vault.get(id)).toMatchObject({ state: "ending", dueIn: expect.any(Number) });
    const errors = workers.flatMap((worker) => worker.errors).join("\n");
    for (const { id } of strange) expect(errors).toContain(id);
    for (const { child } of workers) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });
});
