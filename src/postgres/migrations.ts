/**
 * What makes the tables, one step for each version of the schema. What was published is never changed: a new step is added.
 *
 * - `scope` is the client id; `''` for marks, which are common to all clients.
 * - `data` is JSON.
 *
 * Text is compared byte by byte (`COLLATE "C"`), as JavaScript does with ids. The index of keys has no list of changes that wait to
 * be brought in (`fastupdate`): each search would look through it.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE notion_entries (
  scope text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  state text COLLATE "C" NOT NULL,
  due timestamptz,
  keys text[] COLLATE "C" NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (scope, id)
);
CREATE INDEX notion_entries_due ON notion_entries (scope, due) WHERE due IS NOT NULL;
CREATE INDEX notion_entries_state ON notion_entries (scope, state, id);
CREATE INDEX notion_entries_keys ON notion_entries USING gin (keys) WITH (fastupdate = off);`,
];
