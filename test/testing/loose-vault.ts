import type { EntryState, NewEntry, NotionVault, Vault, VaultEntry } from "../../src/vault/vault.js";

/** What a loose vault may do wrong, each with the beginning of the name of a case that has to notice. */
export const defects = {
  "insert begins at version 0": "insert: the entry is there",
  "insert replaces what is there": "insert: an id that is taken",
  "insert rejects a taken id": "insert: an id that is taken",
  "insert remembers erased ids": "insert: an id that was erased",
  "insert makes every state held": "insert: every state",
  "insert cuts long ids": "insert: ids of every allowed character",
  "insert knows no case": "insert: ids of every allowed character",
  "insert drops keys beyond 32": "insert: no keys, 64 keys",
  "insert sorts keys": "insert: no keys, 64 keys",
  "insert drops null": "insert: data of every JSON type",
  "insert garbles Unicode": "insert: data of 8 kB",
  "insert cuts long data": "insert: data of 8 kB",
  "insert keeps what it was passed": "insert: what was passed may be changed",
  "insert checks and writes in two steps": "at once: of many inserts of one id",
  "insert of a mark looks at own marks only": "at once: of many inserts of one mark",
  "insert looks at marks only for marks": "marks: an id is taken",
  "get is null when there is none": "get: an id that never was",
  "get remembers what it read": "get: what was written before",
  "replace ignores the version": "replace: with any other version",
  "replace takes newer versions": "replace: with any other version",
  "replace makes what is not there": "replace: an id that is not there",
  "replace keeps the version": "replace: writes all of the entry",
  "replace merges data": "replace: writes all of the entry",
  "replace keeps the due time": "due: as the last write says",
  "replace leaves old keys": "replace: it is found by the keys",
  "replace forgets new keys": "replace: it is found by the keys",
  "replace leaves the old state": "replace: it is found by the state",
  "replace indexes keys before it looks": "replace: with any other version",
  "replace checks and writes in two steps": "at once: of many replaces",
  "erase ignores the version": "erase: with any other version",
  "erase is always true": "erase: an id that is not there",
  "erase leaves the keys": "erase: nothing finds it",
  "erase takes all with the same keys": "erase: an entry with the same keys",
  "erase checks and writes in two steps": "at once: of many erases and replaces",
  "due times are 32 bits": "due: after more than 2^31 ms",
  "null is due at once": "due: never with null",
  "dueIn stands still": "due: the time left gets shorter",
  "dueIn is never negative": "due: at once when the time is past",
  "becoming due is a write": "due: the time left gets shorter",
  "nextDueIn is null when there is nothing": "nextDueIn: undefined when there is nothing",
  "nextDueIn is the latest": "nextDueIn: the time of the earliest",
  "nextDueIn ignores leases": "nextDueIn: 0 or less when one is due",
  "nextDueIn is too early": "nextDueIn: when it is 0 or less",
  "takeDue ignores due times": "takeDue: entries of every state",
  "takeDue takes no marks": "takeDue: entries of every state",
  "takeDue takes marks last": "takeDue: those first that are due longest",
  "takeDue is in order of ids": "takeDue: those first that are due longest",
  "takeDue ignores its limit": "takeDue: never more than the limit",
  "takeDue gives the entry as it was": "takeDue: gives the entry as it is from then on",
  "takeDue is no write": "takeDue: is a write",
  "takeDue erases": "takeDue: gives the entry as it is from then on",
  "takeDue never ends a lease": "takeDue: what is taken is given to nobody until",
  "takeDue ends leases early": "takeDue: what is taken is given to nobody until",
  "takeDue brings back what was erased": "takeDue: what the taker erased",
  "takeDue does not lease": "at once: many takers",
  "takeDue looks and writes in two steps": "at once: many takers",
  "find scans with LIKE": "find: keys of any printable characters",
  "find trims": "find: keys of any printable characters",
  "find normalises": "find: keys of any printable characters",
  "find matches key or state": "find: by each of its keys",
  "find knows the first key only": "find: by each of its keys",
  "find gives an entry once per key": "find: an entry that has a key twice",
  "find orders by time": "find: in the order of the ids",
  "find orders without case": "find: in the order of the ids",
  "find includes `after`": "find: page by page",
  "find ignores limit": "find: page by page",
  "find ignores `after` for states": "find: page by page",
  "find has no default limit": "find: a hundred",
  "find gives a hundred at the most": "find: a hundred",
  "clients share ids": "clients: each has its own entry",
  "clients find each other's": "clients: none finds or takes",
  "clients take each other's": "clients: none finds or takes",
  "clients erase each other's": "clients: none changes or erases",
  "clients run into each other": "clients: whatever their ids are",
  "marks belong to a client": "marks: are common to all clients",
  "marks are not due for others": "marks: are due for all clients",
  "marks come after entries": "marks: stand among the entries",
  "close forgets": "close: what was opened again",
  "close closes for all": "close: letting go of one",
  "storage is not shared": "get: what was written before",
} as const;

export type Defect = keyof typeof defects;

export interface Row {
  scope: string;
  id: string;
  version: number;
  state: EntryState;
  due: number | null;
  dueIn: number | null;
  lease: boolean;
  keys: readonly string[];
  /** What it is found by: its keys, and what a defect leaves there. */
  found: string[];
  /** JSON, or the object itself. */
  data: string | object;
}

export interface Storage {
  rows: Row[];
  erased: Set<string>;
  ghosts: string[];
}

export function emptyStorage(): Storage {
  return { rows: [], erased: new Set(), ghosts: [] };
}

/** The simplest vault that could work, on storage that several may share, with a defect if one is wanted. */
export function looseVault(storage: Storage, defect?: Defect): NotionVault {
  let opened = 0;
  let broken = false;
  return {
    open(clientId) {
      opened += 1;
      const vault = openLoose(storage, clientId, (name) => name === defect);
      let isOpen = true;
      return {
        ...(Object.fromEntries(
          Object.entries(vault).map(([name, method]: [string, (...args: never[]) => Promise<unknown>]) => [
            name,
            async (...args: never[]) => {
              if (broken) throw new Error("closed");
              return method(...args);
            },
          ]),
        ) as unknown as Vault),
        async close() {
          if (!isOpen) return;
          isOpen = false;
          opened -= 1;
          if (defect === "close closes for all") broken = opened > 0;
          if (defect === "close forgets" && opened === 0) storage.rows = [];
        },
      };
    },
  };
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

function openLoose(storage: Storage, clientId: string, is: (name: Defect) => boolean): Vault {
  const own = is("clients share ids") ? "all" : is("clients run into each other") ? clientId.toLowerCase() : clientId;
  const common = is("marks belong to a client") ? own : "";
  const cache = new Map<string, VaultEntry | undefined>();

  const visible = (row: Row) => row.scope === own || row.scope === common;
  const idOf = (id: string) =>
    is("insert cuts long ids") ? id.slice(0, 63) : is("insert knows no case") ? id.toLowerCase() : id;
  const find = (id: string) => storage.rows.find((row) => row.id === idOf(id) && visible(row));

  function given(row: Row): VaultEntry {
    const { id, version, state, keys } = row;
    let dueIn = row.due === null ? null : row.due - performance.now();
    if (is("dueIn stands still")) dueIn = row.dueIn;
    if (is("dueIn is never negative") && dueIn !== null) dueIn = Math.max(0, dueIn);
    if (is("becoming due is a write") && dueIn !== null && dueIn < 0 && !row.lease) row.version = 2;
    return { id, version, state, dueIn, keys, data: typeof row.data === "string" ? JSON.parse(row.data) : row.data };
  }

  function isDue({ due, scope }: Row): boolean {
    if (is("takeDue ignores due times")) return true;
    if (is("takeDue takes no marks") && scope === common) return false;
    return due === null ? is("null is due at once") : due <= performance.now();
  }

  function stored(data: object): string | object {
    if (is("insert keeps what it was passed")) return data;
    const json = JSON.stringify(data, (_, value) => (is("insert drops null") && value === null ? undefined : value));
    if (is("insert cuts long data") && json.length > 8000) return "{}";
    return is("insert garbles Unicode") ? json.replace(/[^\x20-\x7e]/g, "?") : json;
  }

  function write(row: Row, entry: NewEntry): void {
    const dueIn = is("due times are 32 bits") && entry.dueIn !== null ? entry.dueIn | 0 : entry.dueIn;
    row.state = is("insert makes every state held") && entry.state !== "mark" ? "held" : entry.state;
    row.dueIn = dueIn;
    row.due = dueIn === null ? null : performance.now() + dueIn;
    row.lease = false;
    const keys = is("insert sorts keys") ? entry.keys.toSorted() : entry.keys;
    row.keys = is("insert drops keys beyond 32")
      ? keys.slice(0, 32)
      : is("insert keeps what it was passed")
        ? keys
        : [...keys];
    row.found = is("find knows the first key only") ? entry.keys.slice(0, 1) : [...entry.keys];
    row.data = stored(entry.data);
  }

  return {
    async insert(entry) {
      await tick();
      const key = `${own} ${entry.id}`;
      if (is("insert remembers erased ids") && storage.erased.has(key)) return false;
      const isMark = entry.state === "mark";
      const known = find(entry.id);
      const isFree =
        (is("insert looks at marks only for marks") && known?.scope !== (isMark ? common : own)) ||
        (is("insert of a mark looks at own marks only") && isMark && known !== undefined && clientId === "client-2");
      if (known !== undefined && !isFree) {
        if (is("insert rejects a taken id")) throw new Error("duplicate key");
        if (is("insert replaces what is there")) write(known, entry);
        return false;
      }
      if (is("insert checks and writes in two steps")) await tick();
      const scope = isMark ? common : own;
      const version = is("insert begins at version 0") ? 0 : 1;
      const row = { scope, id: idOf(entry.id), version } as Row;
      write(row, entry);
      storage.rows.push(row);
      return true;
    },

    async get(id) {
      await tick();
      if (is("get remembers what it read") && cache.has(id)) return cache.get(id);
      const row = find(id);
      const entry = row && given(row);
      if (entry !== undefined) cache.set(id, entry);
      if (is("get is null when there is none") && entry === undefined) return null as unknown as undefined;
      return entry;
    },

    async replace(entry, version) {
      await tick();
      const row = find(entry.id);
      if (row === undefined) {
        if (!is("replace makes what is not there")) return false;
        const made = { scope: own, id: entry.id, version: 1 } as Row;
        write(made, entry);
        storage.rows.push(made);
        return true;
      }
      if (is("replace indexes keys before it looks")) row.found = [...row.found, ...entry.keys];
      const isStale = row.version !== version;
      const passes = is("replace ignores the version") || (is("replace takes newer versions") && version > row.version);
      if (isStale && !passes) return false;
      if (is("replace checks and writes in two steps")) await tick();
      const { found, data, state, due } = row;
      write(row, entry);
      if (!is("replace keeps the version")) row.version += 1;
      if (is("replace leaves old keys")) row.found.push(...found);
      if (is("replace forgets new keys")) row.found = row.found.filter((key) => found.includes(key));
      if (is("replace leaves the old state")) row.state = state;
      if (is("replace keeps the due time")) row.due = due;
      if (is("replace merges data")) row.data = JSON.stringify({ ...JSON.parse(String(data)), ...entry.data });
      return true;
    },

    async erase(id, version) {
      await tick();
      const row = is("clients erase each other's") ? storage.rows.find((one) => one.id === id) : find(id);
      if (row === undefined || (row.version !== version && !is("erase ignores the version")))
        return is("erase is always true");
      if (is("erase checks and writes in two steps")) await tick();
      const { rows } = storage;
      if (is("erase leaves the keys")) storage.ghosts.push(...row.keys);
      storage.erased.add(`${own} ${id}`);
      if (is("takeDue brings back what was erased") && row.lease) return true;
      storage.rows = rows.filter(
        (one) => one !== row && !(is("erase takes all with the same keys") && one.keys[0] === row.keys[0]),
      );
      return true;
    },

    async takeDue(limit, leaseMs) {
      await tick();
      const due = storage.rows.filter((row) => (visible(row) || is("clients take each other's")) && isDue(row));
      if (is("takeDue is in order of ids")) due.sort((a, b) => (a.id < b.id ? -1 : 1));
      else due.sort((a, b) => (a.due ?? 0) - (b.due ?? 0));
      if (is("takeDue takes marks last")) due.sort((a, b) => Number(a.scope === common) - Number(b.scope === common));
      const taken = is("takeDue ignores its limit") ? due : due.slice(0, limit);
      if (is("takeDue looks and writes in two steps")) await tick();
      if (is("takeDue erases")) storage.rows = storage.rows.filter((row) => !taken.includes(row));
      return taken.map((row) => {
        const before = given(row);
        row.version += is("takeDue is no write") ? 0 : 1;
        row.lease = true;
        const lease = is("takeDue ends leases early") ? leaseMs / 4 : leaseMs;
        if (!is("takeDue does not lease")) row.due = performance.now() + lease;
        row.dueIn = leaseMs;
        if (is("takeDue never ends a lease")) row.due = null;
        return is("takeDue gives the entry as it was") ? before : given(row);
      });
    },

    async nextDueIn() {
      await tick();
      const foreign = (row: Row) =>
        is("marks are not due for others") && clientId === "client-2" && row.scope === common;
      const rows = storage.rows.filter((row) => visible(row) && !foreign(row) && row.due !== null);
      const times = rows.filter((row) => !(is("nextDueIn ignores leases") && row.lease)).map((row) => row.due!);
      if (times.length === 0)
        return is("nextDueIn is null when there is nothing") ? (null as unknown as undefined) : undefined;
      const next = is("nextDueIn is the latest") ? Math.max(...times) : Math.min(...times);
      return next - performance.now() - (is("nextDueIn is too early") ? 60 : 0);
    },

    async find({ key, state }, { after, limit = 100 } = {}) {
      await tick();
      const plain = (text: string) =>
        is("find normalises") ? text.normalize() : is("find trims") ? text.trim() : text;
      const same = (one: string) => plain(one) === plain(key!) || (is("find scans with LIKE") && like(key!, one));
      const hasKey = (row: Row) => key === undefined || row.found.some(same);
      const hasState = (row: Row) => state === undefined || row.state === state;
      const either = is("find matches key or state") && key !== undefined && state !== undefined;
      const matches = (row: Row) => (either ? hasKey(row) || hasState(row) : hasKey(row) && hasState(row));
      const seen = (row: Row) => visible(row) || is("clients find each other's");
      let rows = storage.rows.filter((row) => seen(row) && matches(row));
      if (is("find gives an entry once per key")) rows = rows.flatMap((row) => row.found.filter(same).map(() => row));
      if (!is("find orders by time")) rows.sort((a, b) => compare(a.id, b.id));
      if (is("find orders without case")) rows.sort((a, b) => compare(a.id.toLowerCase(), b.id.toLowerCase()));
      if (is("marks come after entries")) rows.sort((a, b) => Number(a.state === "mark") - Number(b.state === "mark"));
      if (after !== undefined && !(is("find ignores `after` for states") && key === undefined))
        rows = rows.filter(({ id }) => (is("find includes `after`") ? id >= after : id > after));
      if (is("find gives a hundred at the most")) rows = rows.slice(0, 100);
      const isEndless = is("find ignores limit") || (is("find has no default limit") && limit === 100);
      const found = (isEndless ? rows : rows.slice(0, limit)).map(given);
      const ghost = { id: "ghost", version: 1, state: "ended", dueIn: null, keys: [], data: {} } as const;
      return storage.ghosts.includes(key ?? "") ? [...found, ghost] : found;
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As LIKE compares in SQL. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${source}$`, "is").test(text);
}
