import type { EntryQuery, NewEntry } from "../vault/vault.js";
import { columns, toValues } from "./entry-row.js";
import type { Query } from "./pool.js";

// One statement for each operation: it is done as a whole or not at all, on any connection, and nothing is left of it in the session.
//
// What the planner knows of the table may be old, or nothing at all. So where it matters, a value or a limit comes from a subquery, which it
// cannot look into, and a step is materialised: then there is only one way that it can take. test/postgres/plans.test.ts looks at it.

/** The scope of marks, which are common to all clients. */
const COMMON = "";

/** Where an entry is: a client's own comes before a mark of the same id. $1 is the client, $2 the id. */
const scopeOfId = `(CASE WHEN EXISTS (SELECT FROM notion_entries WHERE scope = $1::text AND id = $2::text) THEN $1::text ELSE '' END)`;

const after = (ms: string) => `${ms}::float8 * interval '1 millisecond'`;

export function get(client: string, id: string): Query {
  const text = `SELECT ${columns} FROM notion_entries WHERE scope = ${scopeOfId} AND id = $2::text`;
  return { text, values: [client, id] };
}

/**
 * Makes no row when the id is taken. (An entry and a mark of one id may both be made at the very same moment; the entry comes first then.
 * Ids of entries are random, so that it never happens.)
 */
export function insert(client: string, entry: NewEntry): Query {
  const text = `
    INSERT INTO notion_entries (scope, version, id, state, due, keys, data)
    SELECT $7::text, 1, $2::text, $3::text, clock_timestamp() + ${after("$4")}, $5::text[], $6::text
    WHERE NOT EXISTS (SELECT FROM notion_entries WHERE scope = $1::text AND id = $2::text)
      AND NOT EXISTS (SELECT FROM notion_entries WHERE scope = '' AND id = $2::text)
    ON CONFLICT DO NOTHING`;
  return { text, values: [client, ...toValues(entry), scopeOf(client, entry.state)] };
}

/** Changes no row when the version is another one, or when the entry becomes a mark of an id that has one. */
export function replace(client: string, entry: NewEntry, version: number): Query {
  const text = `
    UPDATE notion_entries AS entry
    SET scope = $7::text, version = version + 1, state = $3::text, due = clock_timestamp() + ${after("$4")},
      keys = $5::text[], data = $6::text
    WHERE scope = ${scopeOfId} AND id = $2::text AND version = $8::bigint
      AND (scope = $7::text
        OR NOT EXISTS (SELECT FROM notion_entries WHERE scope = $7::text AND id = $2::text))`;
  return { text, values: [client, ...toValues(entry), scopeOf(client, entry.state), version] };
}

/** Changes no row when the version is another one. */
export function erase(client: string, id: string, version: number): Query {
  const text = `DELETE FROM notion_entries WHERE scope = ${scopeOfId} AND id = $2::text AND version = $3::bigint`;
  return { text, values: [client, id, version] };
}

/** Passes over what somebody else is about to take or write. */
export function takeDue(client: string, limit: number, leaseMs: number): Query {
  const due = (scope: string) => `
      SELECT scope, id, due FROM notion_entries WHERE scope = ${scope} AND due <= (SELECT now FROM clock)
      ORDER BY due LIMIT (SELECT $2::bigint) FOR UPDATE SKIP LOCKED`;
  const text = `
    WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
    own AS MATERIALIZED (${due("$1::text")}),
    marks AS MATERIALIZED (${due("''")}),
    earliest AS MATERIALIZED (
      SELECT * FROM own UNION ALL SELECT * FROM marks ORDER BY due LIMIT $2::bigint
    ),
    taken AS (
      UPDATE notion_entries AS entry
      SET version = version + 1, due = (SELECT now FROM clock) + ${after("$3")}
      FROM earliest WHERE entry.scope = earliest.scope AND entry.id = earliest.id
      RETURNING entry.*, earliest.due AS due_since
    )
    SELECT ${columns} FROM taken ORDER BY due_since`;
  return { text, values: [client, limit, Math.ceil(leaseMs)] };
}

/** One row, `due_in`, as in {@link columns}; null when nothing ever is due. */
export function nextDueIn(client: string): Query {
  const first = (scope: string) =>
    `(SELECT due FROM notion_entries WHERE scope = ${scope} AND due IS NOT NULL ORDER BY due LIMIT 1)`;
  const text = `
    SELECT ceil(extract(epoch FROM min(due) - clock_timestamp()) * 1000)::text AS due_in
    FROM (${first("$1::text")} UNION ALL ${first("''")}) AS earliest`;
  return { text, values: [client] };
}

export function find(client: string, { key, state }: EntryQuery, afterId: string, limit: number): Query {
  const scopes = state === undefined ? [client, COMMON] : [scopeOf(client, state)];
  if (key === undefined) return findByState(scopes[0]!, state!, afterId, limit);
  const text = `
    WITH found AS MATERIALIZED (
      SELECT scope, id, state FROM notion_entries WHERE keys @> (SELECT ARRAY[$2::text])
    ),
    page AS MATERIALIZED (
      SELECT scope, id FROM found
      WHERE scope = ANY ($1::text[]) AND id > $3::text AND ($5::text IS NULL OR state = $5::text)
      ORDER BY id LIMIT $4::bigint
    )
    SELECT ${columns} FROM page JOIN notion_entries USING (scope, id) ORDER BY id`;
  return { text, values: [scopes, key, afterId, limit, state ?? null] };
}

/** Says that a state is equal in a way that only the index of states has in order. */
function findByState(scope: string, state: string, afterId: string, limit: number): Query {
  const text = `
    SELECT ${columns} FROM notion_entries
    WHERE scope = $1::text AND (state, id) > ($2::text, $3::text) AND state <= $2::text
    ORDER BY state, id LIMIT (SELECT $4::bigint)`;
  return { text, values: [scope, state, afterId, limit] };
}

function scopeOf(client: string, state: string): string {
  return state === "mark" ? COMMON : client;
}
