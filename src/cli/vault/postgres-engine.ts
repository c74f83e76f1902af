import { OptionError } from "../../errors.js";
import { postgresVault } from "../../postgres/postgres-vault.js";
import { schemaSql } from "../../postgres/schema.js";
import { UsageError } from "../command.js";
import type { Engine } from "./engine.js";
import { withoutPassword } from "./without-password.js";

/** `--postgres URL` */
export const postgresEngine: Engine = {
  schema: schemaSql,
  async open(url) {
    const where = withoutPassword("--postgres", url);
    const source = postgresVault(url);
    const vault = source.open("nobody");
    try {
      // Tables that are missing are told here, and other errors by the command itself.
      await vault.nextDueIn();
    } catch (error) {
      if (error instanceof OptionError) throw new UsageError(`There is no vault in ${where}: ${error.message}`);
    } finally {
      await vault.close?.();
    }
    return { source, where };
  },
};
