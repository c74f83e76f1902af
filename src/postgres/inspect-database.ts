import type { VaultFinding } from "../vault/vault.js";
import { onConnection, type Send } from "./connection.js";
import { PATIENCE } from "./patience.js";
import type { Connections, Row } from "./pool.js";
import { refusalOf, SCHEMA, schemaOf } from "./schema.js";

/** The oldest version that the vault is made for. */
const OLDEST = 120_000;

const factsText = `
  SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS version_number,
    current_database()::text AS database, pg_is_in_recovery()::text AS is_replica,
    current_setting('transaction_read_only') AS read_only, current_setting('fsync') AS fsync,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('full_page_writes') AS full_page_writes,
    has_schema_privilege(current_schema(), 'CREATE')::text AS may_create`;

/** What this role lacks on tables that are there. */
const missingRightsText = `
  SELECT name, string_agg(privilege, ', ') AS rights
  FROM (VALUES ('notion_vault', 'SELECT'), ('notion_entries', 'SELECT'), ('notion_entries', 'INSERT'),
    ('notion_entries', 'UPDATE'), ('notion_entries', 'DELETE')) AS needed (name, privilege)
  WHERE NOT has_table_privilege(to_regclass(name), privilege) GROUP BY name ORDER BY name`;

/** What the server and its tables are like, as this role sees them. Only reads. */
export function inspectDatabase(connections: Connections, migrate: boolean): Promise<VaultFinding[]> {
  return onConnection(connections, performance.now() + PATIENCE, async (send) => {
    const [facts = {}] = (await send({ text: factsText })).rows;
    return [...server(facts), ...(await tables(send, migrate, facts.may_create === "true")), ...durability(facts)];
  });
}

function server({ version, version_number, database, is_replica, read_only }: Row): VaultFinding[] {
  const found = `PostgreSQL ${version} answers, with the database \`${database}\`.`;
  if (Number(version_number) < OLDEST)
    return [{ status: "problem", message: `${found} It is older than version 12.`, advice: "Update the server." }];
  if (is_replica === "true")
    return [
      {
        status: "problem",
        message: `${found} It is a replica, which takes no writes.`,
        advice: "Give the vault the address of the primary server.",
      },
    ];
  if (read_only === "on")
    return [
      {
        status: "problem",
        message: `${found} Its transactions only read: \`default_transaction_read_only\` is \`on\`.`,
        advice: "Set it to `off` for this role.",
      },
    ];
  return [{ status: "ok", message: found }];
}

async function tables(send: Send, migrate: boolean, mayCreate: boolean): Promise<VaultFinding[]> {
  const { rows: missing } = await send({ text: missingRightsText });
  if (missing.length > 0) return missing.map(noRight);
  const version = await schemaOf(send);
  const refusal = refusalOf(version, migrate);
  if (refusal !== undefined) return [{ status: "problem", message: refusal.message }];
  if (version === SCHEMA)
    return [{ status: "ok", message: `The tables are there, in version ${SCHEMA}, and this role may use them.` }];
  const state = version === undefined ? "are not there yet" : `are those of version ${version}`;
  if (!mayCreate)
    return [
      {
        status: "problem",
        message: `The tables ${state}, and this role may not make any.`,
        advice:
          "Give it the right `CREATE` on the schema, or make them as another role with `npx express-notion-oauth vault schema --postgres`.",
      },
    ];
  const next = `The vault brings them to version ${SCHEMA} at its first call (\`migrate: true\`).`;
  return [{ status: "ok", message: `The tables ${state}. ${next}` }];
}

function noRight({ name, rights }: Row): VaultFinding {
  return {
    status: "problem",
    message: `This role lacks rights on the table \`${name}\`: ${rights}.`,
    advice: `Run \`GRANT ${rights} ON ${name} TO ...\` as the owner of the table.`,
  };
}

function durability({ fsync, synchronous_commit, full_page_writes }: Row): VaultFinding[] {
  const findings: VaultFinding[] = [];
  if (fsync === "off")
    findings.push({
      status: "problem",
      message:
        "The server does not wait for its disk (`fsync` is `off`): a crash of its machine can destroy the database.",
      advice: "Set `fsync` to `on` in the server's configuration.",
    });
  if (synchronous_commit === "off")
    findings.push({
      status: "warning",
      message:
        "The server confirms what is not on its disk yet (`synchronous_commit` is `off`): a crash loses the last moments, and the tokens that came in them cannot be revoked.",
      advice: "Set `synchronous_commit` to `on` for this role or database.",
    });
  if (full_page_writes === "off")
    findings.push({
      status: "warning",
      message:
        "The server does not write whole pages (`full_page_writes` is `off`): a crash of its machine can damage the database, unless its file system writes pages as a whole.",
      advice: "Set `full_page_writes` to `on` in the server's configuration.",
    });
  if (findings.length > 0) return findings;
  return [
    {
      status: "ok",
      message: `What is confirmed is on the server's disk: \`fsync\` and \`full_page_writes\` are \`on\`, \`synchronous_commit\` is \`${synchronous_commit}\`.`,
    },
  ];
}
