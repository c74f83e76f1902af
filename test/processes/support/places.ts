import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll } from "vitest";
import type { NotionVault } from "../../../src/index.js";
import { postgresVault } from "../../../src/postgres/index.js";
import { redisVault } from "../../../src/redis/index.js";
import { sqliteVault } from "../../../src/sqlite/index.js";
import { eventually } from "../../support/app.js";
import { keptOpen } from "../../support/new-vault.js";
import { temporary } from "../../support/server-process.js";
import { describeUnless, requireService, startPostgres, startRedis } from "../../support/services.js";

export const kinds = ["sqlite", "postgres", "redis"] as const;
export type Kind = (typeof kinds)[number];

/** Where processes share a vault. */
export interface Place {
  readonly kind: Kind;
  /** A path or a URL. */
  readonly at: string;
  /** The same place, as this process sees it. */
  readonly source: NotionVault;
}

/** Each is opened once for all suites of a file, and goes with its process. */
const opened: Partial<Record<Kind, Promise<Place>>> = {};

/** A suite on a kind of vault. Entries of other clients are in it, too. */
export function describeOn(kind: Kind, title: string, suite: (place: () => Place) => void): void {
  const reason = kind === "sqlite" ? undefined : requireService(kind).reason;
  describeUnless(reason, `${title} on ${kind}`, () => {
    let place: Place | undefined;
    beforeAll(async () => {
      opened[kind] ??= openers[kind]();
      place = await opened[kind];
      // The first call makes the tables.
      const vault = place.source.open("nobody");
      await eventually(
        () =>
          vault.nextDueIn().then(
            () => true,
            () => false,
          ),
        "the vault answers",
      );
    });
    suite(() => place as Place);
  });
}

/** As {@link describeOn}, for each of the vaults that processes can share. */
export function describeOnEach(title: string, suite: (place: () => Place) => void): void {
  for (const kind of kinds) describeOn(kind, title, suite);
}

const openers: Readonly<Record<Kind, () => Promise<Place>>> = {
  async sqlite() {
    const directory = mkdtempSync(join(tmpdir(), "workers-"));
    temporary(directory);
    const at = join(directory, "notion.db");
    return { kind: "sqlite", at, source: keptOpen(sqliteVault(at)) };
  },
  async postgres() {
    const { url: at } = await startPostgres();
    return { kind: "postgres", at, source: keptOpen(postgresVault(at, { migrate: true })) };
  },
  async redis() {
    const { url: at } = await startRedis({ appendonly: true });
    return { kind: "redis", at, source: keptOpen(redisVault(at)) };
  },
};
