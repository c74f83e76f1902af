import { createHash } from "node:crypto";

/** A script, and the name that a server knows it by. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * Everything stands below one key, which is passed: so all of it is in one slot of a cluster, and below the prefix of the app's client.
 * The scope is the client id; `""` for marks, which are common to all clients.
 *
 * - `<root>:entry:<scope>:<id>`: a hash of `version`, `state`, `keys` and `data` (JSON), and `by`, the call that wrote it last.
 * - `<root>:due:<scope>`: ids by the time they are due, in ms since 1970 on the clock of the server.
 * - `<root>:state:<scope>:<state>` and `<root>:key:<scope>:<key>`: ids, in their order.
 *
 * Nothing here expires. A server whose memory is full refuses a script at its first write, if that is one that may take memory: of these, `insert`
 * writes the largest first, and nothing of it is written. All others take an id out of a set first, and are never refused: what is there goes on to its end.
 */
const common = `
local root, client, marks = KEYS[1], ARGV[1], ''
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function entryKey(scope, id) return root .. ':entry:' .. scope .. ':' .. id end
local function dueKey(scope) return root .. ':due:' .. scope end
local function stateKey(scope, state) return root .. ':state:' .. scope .. ':' .. state end
local function keyKey(scope, key) return root .. ':key:' .. scope .. ':' .. key end

-- By itself, Lua writes large numbers as 1e+12.
local function whole(number) return string.format('%.0f', number) end

local function isThere(scope, id) return redis.call('EXISTS', entryKey(scope, id)) == 1 end

-- A client's own entry comes before a mark of the same id.
local function scopeOf(id)
  if isThere(client, id) then return client end
  if isThere(marks, id) then return marks end
end

local function scopeFor(state) return state == 'mark' and marks or client end

-- The keys of an entry as a set.
local function keysOf(json)
  local set = {}
  local isRead, list = pcall(cjson.decode, json or '')
  if not isRead or type(list) ~= 'table' then return set end
  for _, key in ipairs(list) do
    if type(key) == 'string' then set[key] = true end
  end
  return set
end

local function read(scope, id)
  local fields = redis.call('HMGET', entryKey(scope, id), 'version', 'state', 'keys', 'data')
  if not (fields[1] or fields[2]) then return nil end
  local due = redis.call('ZSCORE', dueKey(scope), id)
  return { id, fields[1] or '', fields[2] or '', due and whole(due - now) or '', fields[3] or '', fields[4] or '' }
end

local function write(scope, id, entry, known)
  local fields = { 'version', entry.version, 'state', entry.state, 'keys', entry.keys, 'data', entry.data, 'by', entry.by }
  redis.call('HSET', entryKey(scope, id), unpack(fields))
  redis.call('ZADD', stateKey(scope, entry.state), 0, id)
  for key in pairs(keysOf(entry.keys)) do
    if not known[key] then redis.call('ZADD', keyKey(scope, key), 0, id) end
  end
  if entry.delay ~= '' then redis.call('ZADD', dueKey(scope), whole(now + entry.delay), id) end
end

local function dropKeys(scope, id, keys, kept)
  for key in pairs(keys) do
    if not kept[key] then redis.call('ZREM', keyKey(scope, key), id) end
  end
end

local function drop(scope, id, state, keys)
  redis.call('DEL', entryKey(scope, id))
  redis.call('ZREM', dueKey(scope), id)
  redis.call('ZREM', stateKey(scope, state), id)
  dropKeys(scope, id, keys, {})
end
`;

export const insertScript = script(`
local id, by, state, delay, keys, data = unpack(ARGV, 2)
local taken = scopeOf(id)
if taken then
  -- A client that lost the connection sends a command again: then it is this call that has taken the id.
  return redis.call('HGET', entryKey(taken, id), 'by') == by and 1 or 0
end
write(scopeFor(state), id, { version = 1, by = by, state = state, delay = delay, keys = keys, data = data }, {})
return 1
`);

export const getScript = script(`
local id = ARGV[2]
local scope = scopeOf(id)
return scope and read(scope, id)
`);

export const replaceScript = script(`
local id, by, state, delay, keys, data, version = unpack(ARGV, 2)
local from, to = scopeOf(id), scopeFor(state)
if not from then return 0 end
local old = redis.call('HMGET', entryKey(from, id), 'by', 'version', 'state', 'keys')
if old[1] == by then return 1 end
if old[2] ~= version then return 0 end
if from ~= to and isThere(to, id) then return 0 end
local entry = { version = whole(version + 1), by = by, state = state, delay = delay, keys = keys, data = data }
local before = keysOf(old[4])
redis.call('ZREM', dueKey(from), id)
if from ~= to then
  write(to, id, entry, {})
  drop(from, id, old[3] or '', before)
else
  -- Most changes leave most keys as they are.
  write(to, id, entry, before)
  dropKeys(from, id, before, keysOf(keys))
  if old[3] ~= state then redis.call('ZREM', stateKey(from, old[3] or ''), id) end
end
return 1
`);

export const eraseScript = script(`
local id, version = unpack(ARGV, 2)
local scope = scopeOf(id)
if not scope then return 0 end
local old = redis.call('HMGET', entryKey(scope, id), 'version', 'state', 'keys')
if old[1] ~= version then return 0 end
drop(scope, id, old[2] or '', keysOf(old[3]))
return 1
`);

export const takeDueScript = script(`
local limit, lease = tonumber(ARGV[2]), ARGV[3]
local due = {}
for _, scope in ipairs({ client, marks }) do
  local found = redis.call('ZRANGEBYSCORE', dueKey(scope), '-inf', whole(now), 'WITHSCORES', 'LIMIT', 0, limit)
  for index = 1, #found, 2 do
    due[#due + 1] = { scope = scope, id = found[index], at = tonumber(found[index + 1]) }
  end
end
table.sort(due, function(a, b) return a.at < b.at end)
local taken = {}
for index = 1, math.min(#due, limit) do
  local scope, id = due[index].scope, due[index].id
  local entry = read(scope, id)
  redis.call('ZREM', dueKey(scope), id)
  if entry then
    -- One with a damaged version must not be in the way of others.
    entry[2] = whole((tonumber(entry[2]) or 0) + 1)
    entry[4] = lease
    redis.call('HSET', entryKey(scope, id), 'version', entry[2])
    redis.call('ZADD', dueKey(scope), whole(now + lease), id)
    taken[#taken + 1] = entry
  end
end
return taken
`);

export const nextDueInScript = script(`
local earliest
for _, scope in ipairs({ client, marks }) do
  local at = tonumber(redis.call('ZRANGE', dueKey(scope), 0, 0, 'WITHSCORES')[2])
  if at and (not earliest or at < earliest) then earliest = at end
end
return earliest and whole(earliest - now)
`);

export const findScript = script(`
local after, limit, state, key = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local PART = 500

-- Ids that are in one set, or in both, by going through the smaller one.
local function idsOf(set, other)
  if other and redis.call('ZCARD', other) < redis.call('ZCARD', set) then set, other = other, set end
  local ids, from = {}, after == '' and '-' or '(' .. after
  while #ids < limit do
    local size = other and PART or limit
    local part = redis.call('ZRANGEBYLEX', set, from, '+', 'LIMIT', 0, size)
    for _, id in ipairs(part) do
      if #ids < limit and (not other or redis.call('ZSCORE', other, id)) then ids[#ids + 1] = id end
    end
    if #part < size then break end
    from = '(' .. part[#part]
  end
  return ids
end

-- Byte by byte: Lua itself compares as the language of the server's machine does.
local function isBefore(a, b)
  for index = 1, math.min(#a, #b) do
    local left, right = a:byte(index), b:byte(index)
    if left ~= right then return left < right end
  end
  return #a < #b
end

local found = {}
for _, scope in ipairs(state == '' and { client, marks } or { scopeFor(state) }) do
  local sets = {}
  if key then sets[#sets + 1] = keyKey(scope, key) end
  if state ~= '' then sets[#sets + 1] = stateKey(scope, state) end
  for _, id in ipairs(idsOf(sets[1], sets[2])) do found[#found + 1] = { scope = scope, id = id } end
end
table.sort(found, function(a, b) return isBefore(a.id, b.id) end)
local entries = {}
for _, one in ipairs(found) do
  if #entries == limit then break end
  entries[#entries + 1] = read(one.scope, one.id)
end
return entries
`);

function script(body: string): Script {
  const text = `${common}${body}`;
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
