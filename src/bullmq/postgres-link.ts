import {
  assertSchemaCompatibility,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  isPgPool,
  quoteSchemaName,
  runMigrations,
  SchemaMigrationRequiredError,
} from "bullmq";
import { type Link, lockOptions } from "./link.js";
import type { PostgresSettings } from "./options.js";

/** Connects at once. The pool replaces broken connections; the schema is looked at until it was found once. */
export function postgresLink(settings: PostgresSettings, onFault: (error: unknown) => void): Link {
  const { name, schema } = settings;
  const options = { connection: settings.connection, ...lockOptions() };
  const connection = new SchemaConnection(settings);
  const backend = new PostgresQueueBackend(connection, name, options);
  backend.on("error", onFault);
  let prepared: Promise<unknown> | undefined;
  ready().catch(onFault);

  async function ready(): Promise<PostgresQueueBackend> {
    await connection.waitUntilReady();
    // `forget` trims the events: BullMQ's own trimming could deadlock with it.
    prepared ??= backend.setQueueMeta({ "opts.maxLenEvents": 0 }).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    await prepared;
    return backend;
  }

  return {
    ready,
    lockFor(ms) {
      options.lockDuration = ms;
    },
    async forget() {
      await connection.waitUntilReady();
      // BullMQ trims a queue's events in Redis only.
      await connection.pool.query(`DELETE FROM ${quoteSchemaName(schema)}.event WHERE queue = $1`, [name]);
    },
    close: () => backend.close(),
  };
}

/** BullMQ's connection looks at the schema once and, if the database was down in that moment, never again. */
class SchemaConnection extends PostgresConnection {
  readonly #settings: PostgresSettings;
  #checked: Promise<void> | undefined;

  constructor(settings: PostgresSettings) {
    super(withDefaults(settings));
    this.#settings = settings;
  }

  override waitUntilReady(): Promise<void> {
    this.#checked ??= this.#check().catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    });
    return this.#checked;
  }

  async #check(): Promise<void> {
    const { schema, migrate } = this.#settings;
    const client = await this.pool.connect();
    // A pooled client that is lent out and breaks between two queries emits this; unheard it would end the process.
    client.on("error", () => {});
    try {
      if (migrate) await runMigrations(client, schema);
      else await assertSchemaCompatibility(client, schema);
      const { rows } = await client.query<{ schema: string | null }>("SELECT current_schema() AS schema");
      if (rows[0]?.schema !== schema) {
        throw new Error(
          `The pool's connections need search_path=${schema}: new Pool({ options: "-c search_path=${schema}" }).`,
        );
      }
      client.release();
    } catch (error) {
      client.release(true);
      if (!(error instanceof SchemaMigrationRequiredError)) throw error;
      throw new Error(
        `The PostgreSQL schema "${schema}" does not hold BullMQ's tables. Run BullMQ's runMigrations() when you deploy, or pass \`migrate: true\` to bullmqQueue().`,
      );
    }
  }
}

function withDefaults({ connection, schema, timeout }: PostgresSettings): PostgresConnectionOptions {
  if (isPgPool(connection)) return connection;
  return {
    max: 5,
    connectionTimeoutMillis: timeout,
    // A connection that swallows queries is replaced. Not `timeout`: a migration may take longer.
    query_timeout: Math.max(timeout, 15_000),
    keepAlive: true,
    ...(typeof connection === "string" ? { connectionString: connection } : connection),
    schema,
    migrate: false,
  };
}
