import { Pool } from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { postgresVault } from "../../src/postgres/index.js";
import { type VaultSetup, vaultContract } from "../../src/testing/index.js";
import { describeWithService, type PgBouncer, startPgBouncer } from "../support/services.js";
import { freshDatabase, freshSchema, query, serverOfThisFile } from "./support/database.js";
import { unlessLate } from "../support/unless-late.js";

const migrate = true;

describeWithService("postgres", "postgresVault keeps the contract", () => {
  const server = serverOfThisFile();

  function onUrl(url: () => Promise<string>): () => Promise<VaultSetup> {
    return async () => {
      const at = await url();
      return { vault: postgresVault(at, { migrate }), other: postgresVault(at, { migrate }), close: async () => {} };
    };
  }

  describe("on a URL, opened twice:", () => {
    run(onUrl(() => freshSchema(server())));
  });

  describe("where the app has made `serializable` the default:", () => {
    run(onUrl(() => freshSchema(server(), "-c default_transaction_isolation=serializable")));
  });

  describe("in a database that sorts text as people do:", () => {
    beforeAll(() =>
      query(server().url, "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'"),
    );
    const sorted = () => freshSchema({ url: server().url.replace(/postgres$/, "sorted") });
    run(onUrl(sorted), /^(find|marks|clients|insert):/);
  });

  describe("on pools of the app:", () => {
    run(async () => {
      const connectionString = await freshSchema(server());
      const pools = [new Pool({ connectionString }), new Pool({ connectionString, max: 2 })] as const;
      return {
        vault: postgresVault(pools[0], { migrate }),
        other: postgresVault(pools[1], { migrate }),
        close: async () => {
          await Promise.all(pools.map((pool) => pool.end()));
        },
      };
    });
  });

  describeWithService("pgbouncer", "behind PgBouncer, whose sessions are anybody's:", () => {
    let bouncer: PgBouncer;
    let database: string;
    beforeAll(async () => {
      [bouncer, database] = await Promise.all([startPgBouncer(server()), freshDatabase(server())]);
    });
    afterAll(() => bouncer.close());

    const emptied = async () => {
      // A URL of PgBouncer cannot name a schema.
      await query(server().url.replace(/postgres$/, database), "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
      return bouncer.url(database);
    };
    run(onUrl(emptied));
  });
});

function run(setup: () => Promise<VaultSetup>, names = /./): void {
  for (const { name, run } of vaultContract(setup)) if (names.test(name)) test(name, unlessLate(run));
}
