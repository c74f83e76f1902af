import { OptionError } from "../errors.js";
import { firstById } from "./first-by-id.js";
import { type Held, Shelf } from "./shelf.js";
import type { EntryQuery, NotionVault, Vault, VaultEntry, VaultFinding } from "./vault.js";

const FORGETS: VaultFinding = {
  status: "warning",
  message:
    "Connections are kept in the memory of one process. When it ends, its sessions are not connected any more, and their tokens live on at Notion. Other processes do not see them.",
  advice: "For production, pass the option `vault`: `sqliteVault(path)`, `postgresVault(url)` or `redisVault(url)`.",
};

/**
 * Keeps entries in this process, as they are: nothing is sealed or serialised, and all of it is forgotten when the process ends. For
 * development and tests, and for apps with one process whose tokens may outlive them. All that `open` gives share what the vault holds.
 * @example
 * ```ts
 * import { createNotionOAuth, memoryVault } from "express-notion-oauth";
 *
 * const notion = createNotionOAuth({ clientId: "id", clientSecret: "secret", vault: memoryVault() });
 * ```
 */
export function memoryVault(): NotionVault {
  const shelves = new Map<string, Shelf>();
  const marks = new Shelf();
  return {
    inProcess: true,
    engine: "memory",
    open(clientId) {
      let shelf = shelves.get(clientId);
      if (shelf === undefined) {
        shelf = new Shelf();
        shelves.set(clientId, shelf);
      }
      return openShelf(shelf, marks);
    },
    async inspect() {
      return [FORGETS];
    },
  };
}

/** Every method does its work before it returns: so each is atomic. */
function openShelf(own: Shelf, marks: Shelf): Vault {
  const shelfFor = ({ state }: { readonly state: string }) => (state === "mark" ? marks : own);
  const find = (id: string) => own.byId.get(id) ?? marks.byId.get(id);

  return {
    async insert(entry) {
      if (find(entry.id) !== undefined) return false;
      shelfFor(entry).add(entry, 1, performance.now());
      return true;
    },

    async get(id) {
      const held = find(id);
      return held && given(held, performance.now());
    },

    async replace(entry, version) {
      const held = find(entry.id);
      if (held?.version !== version) return false;
      const [from, to] = [shelfFor(held), shelfFor(entry)];
      if (from === to) {
        to.write(held, entry, performance.now());
      } else {
        if (to.byId.has(entry.id)) return false;
        from.remove(held);
        to.add(entry, version + 1, performance.now());
      }
      return true;
    },

    async erase(id, version) {
      const held = find(id);
      if (held?.version !== version) return false;
      shelfFor(held).remove(held);
      return true;
    },

    async takeDue(limit, leaseMs) {
      const now = performance.now();
      const taken: Held[] = [];
      while (taken.length < limit) {
        const held = earliest(own.due.peek(), marks.due.peek());
        if (held === undefined || held.at > now) break;
        // Out of the heap until all are taken: a lease may be over at once.
        shelfFor(held).due.remove(held);
        taken.push(held);
      }
      return taken.map((held) => {
        held.version += 1;
        shelfFor(held).schedule(held, now + leaseMs);
        return given(held, now);
      });
    },

    async nextDueIn() {
      const next = earliest(own.due.peek(), marks.due.peek());
      return next && next.at - performance.now();
    },

    async find(query, { after, limit = 100 } = {}) {
      const found = [...matching(own, query), ...matching(marks, query)];
      if (found.length === 0) return [];
      const now = performance.now();
      return firstById(found, { after, limit }).map((held) => given(held, now));
    },
  };
}

function matching(shelf: Shelf, { key, state }: EntryQuery): Iterable<Held> {
  if (key !== undefined) {
    const found = shelf.withKey(key);
    return state === undefined ? found : found.filter((held) => held.state === state);
  }
  if (state !== undefined) return shelf.byState.get(state) ?? [];
  throw new OptionError("query", "Entries are found by `key`, `state` or both: give at least one.");
}

function earliest(one: Held | undefined, other: Held | undefined): Held | undefined {
  return one === undefined || (other !== undefined && other.at < one.at) ? other : one;
}

function given({ id, version, state, keys, data, at }: Held, now: number): VaultEntry {
  return { id, version, state, dueIn: at === Number.POSITIVE_INFINITY ? null : at - now, keys, data };
}
