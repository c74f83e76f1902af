import { OptionError } from "../../errors.js";
import { loadPool } from "../../postgres/driver.js";
import { postgresVault } from "../../postgres/postgres-vault.js";
import { schemaSql } from "../../postgres/schema.js";
import { UsageError } from "../command.js";
import type { Engine } from "./engine.js";
import { needDriver } from "./need-driver.js";
import { serverPlace } from "./server-place.js";

/** `--postgres URL` */
export const postgresEngine: Engine = {
  schema: schemaSql,
  vaultAt: (url) => postgresVault(url),
  async open(url) {
    const place = serverPlace(url, postgresVault);
    await needDriver(loadPool, "--postgres needs the package `pg`", "npm install pg");
    const vault = place.source.open("nobody");
    try {
      await vault.nextDueIn();
    } catch (error) {
      // Other errors are told by the command itself, which meets them again.
      if (error instanceof OptionError) throw new UsageError(`There is no vault in ${place.where}: ${error.message}`);
    } finally {
      await vault.close?.();
    }
    return place;
  },
};
