import { script } from '../redis/script.ts';

/*
 * Each script works in one partition: KEYS[1] is its set of groups, ARGV[1] what all its keys begin with (see keys.ts).
 * Scripts are atomic, so the counts and the sorted sets always agree with the streams.
 *
 * What it costs, with 20,000 unread entries or with none:
 * - append: a few commands for each entry and one for each tenant and group.
 * - read: two commands for each tenant served and two for each entry; tenants that turn out empty are visited once.
 * - claim: one command for each of 24 counts of deliveries, four for each entry taken over.
 * - hold, release, acknowledge: up to six commands for each entry, and one for each further group.
 * - backlog: 26 commands. trim: three for each of at most 100 tenants.
 * - createGroup: one, whose cost is that of copying the set of tenants.
 */

/** The name under which streams keep entries that were given back; nobody who reads has it. */
const library = `
local base = ARGV[1]
local released = '(released)'
local function held_key(group, deliveries) return base .. 'held:' .. group .. ':' .. math.min(deliveries, 24) end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function add(field, by) return redis.call('HINCRBY', base .. 'counts', field, by) end
local function make_group(group)
  if redis.call('SADD', base .. 'groups', group) == 0 then return end
  redis.call('ZUNIONSTORE', base .. 'ready:' .. group, 1, base .. 'tenants')
  redis.call('HSET', base .. 'counts', 'waiting:' .. group, redis.call('HGET', base .. 'counts', 'entries') or 0)
end
-- Who holds the entry and how often it was delivered; nothing when it is not held.
local function holding(key, group, id)
  local found = redis.pcall('XPENDING', key, group, id, id, 1)
  if found.err or not found[1] or found[1][2] == released then return nil end
  return found[1][2], found[1][4]
end
`;

/** Makes the group and gives it everything that is still in the partition. */
export const createGroupScript = script(`${library}
make_group(ARGV[2])
return 0
`);

/**
 * Appends entries (tenant, kind, subject, traceparent or ''). Their ids grow with the time and with a serial number, so
 * that no id comes twice in a stream that was deleted and begun again, nor after everything was deleted.
 */
export const appendScript = script(`${library}
local counts = base .. 'counts'
local known = redis.call('HMGET', counts, 'time', 'serial', 'turn')
local time = math.max(now(), tonumber(known[1] or 0))
local serial, turn = tonumber(known[2] or 0), tonumber(known[3] or 0)
local groups = redis.call('SMEMBERS', base .. 'groups')
local seen, added = {}, 0
for at = 2, #ARGV, 4 do
  local tenant = ARGV[at]
  serial, added = serial + 1, added + 1
  local fields = { 'kind', ARGV[at + 1], 'subject', ARGV[at + 2] }
  if ARGV[at + 3] ~= '' then fields[5], fields[6] = 'traceparent', ARGV[at + 3] end
  local id = string.format('%.0f-%.0f', time, serial)
  redis.call('XADD', base .. 'entries:' .. tenant, id, unpack(fields))
  if not seen[tenant] then
    seen[tenant] = true
    turn = turn + 1
    redis.call('ZADD', base .. 'tenants', 'NX', turn, tenant)
    for _, group in ipairs(groups) do redis.call('ZADD', base .. 'ready:' .. group, 'NX', turn, tenant) end
  end
end
for _, group in ipairs(groups) do add('waiting:' .. group, added) end
add('entries', added)
redis.call('HSET', counts, 'time', string.format('%.0f', time), 'serial', serial, 'turn', turn)
return added
`);

/**
 * Hands out unread entries, going round the ready tenants: group, consumer, count, tenants to leave out. Each tenant gets
 * its share of the round in one command; answers \`{ tenant, id, fields, deliveries, nth }\`, to be put in order by nth.
 */
export const readScript = script(`${library}
local group, consumer, count = ARGV[2], ARGV[3], tonumber(ARGV[4])
local ready = base .. 'ready:' .. group
make_group(group)
local except, left_out, taken, handed = {}, {}, {}, {}
for at = 5, #ARGV do except[ARGV[at]] = true end
local given_back = tonumber(redis.call('HGET', base .. 'counts', 'released:' .. group) or 0)
local turn = tonumber(redis.call('HGET', base .. 'counts', 'turn') or 0)
local time = now()

local function keep(tenant, entry, deliveries)
  handed[tenant] = (handed[tenant] or 0) + 1
  taken[#taken + 1] = { tenant, entry[1], entry[2], deliveries, handed[tenant] }
  redis.call('ZADD', held_key(group, deliveries), time, entry[1] .. ' ' .. tenant)
end
local function take_released(key, tenant, most)
  local found = redis.pcall('XPENDING', key, group, '-', '+', most, released)
  if found.err or #found == 0 then return 0 end
  for _, pending in ipairs(found) do
    keep(tenant, redis.call('XCLAIM', key, group, consumer, 0, pending[1])[1], pending[4] + 1)
  end
  given_back = given_back - #found
  add('released:' .. group, -#found)
  return #found
end
local function read_new(key, most)
  local answer = redis.pcall('XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', key, '>')
  if answer and answer.err then
    if redis.call('EXISTS', key) == 0 then return {} end
    redis.call('XGROUP', 'CREATE', key, group, 0)
    answer = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', most, 'STREAMS', key, '>')
  end
  return answer and answer[1][2] or {}
end
local function take(tenant, most)
  local key, got = base .. 'entries:' .. tenant, 0
  if given_back > 0 then got = take_released(key, tenant, most) end
  if got == most then return got end
  local entries = read_new(key, most - got)
  for _, entry in ipairs(entries) do keep(tenant, entry, 1) end
  return got + #entries
end
-- The next tenants in turn, at most as many as there are entries to hand out.
local function next_tenants(most)
  local tenants = {}
  while #tenants < most do
    local first = redis.call('ZPOPMIN', ready)
    if not first[1] then break end
    if except[first[1]] then left_out[#left_out + 1] = first else tenants[#tenants + 1] = first[1] end
  end
  return tenants
end
local function stand_in_line(tenants)
  for _, tenant in ipairs(tenants) do
    turn = turn + 1
    redis.call('ZADD', ready, turn, tenant)
  end
end

local visits = 0
while #taken < count and visits < 2 * count + 20 do
  local wanted = count - #taken
  local tenants = next_tenants(wanted)
  if #tenants == 0 then break end
  local served, served_more = {}, {}
  for place, tenant in ipairs(tenants) do
    local more = place <= wanted % #tenants
    local share = math.floor(wanted / #tenants) + (more and 1 or 0)
    visits = visits + 1
    if take(tenant, share) == share then
      local line = more and served_more or served
      line[#line + 1] = tenant
    end
  end
  stand_in_line(served)
  stand_in_line(served_more)
end
for _, first in ipairs(left_out) do redis.call('ZADD', ready, first[2], first[1]) end
if #taken > 0 then
  redis.call('HSET', base .. 'counts', 'turn', turn)
  add('waiting:' .. group, -#taken)
end
return taken
`);

/**
 * Takes over entries that were held for too long: group, consumer, count, idle, longest idle. A sorted set for each count
 * of deliveries finds them, because the time to wait grows with it; those that are due for longest are taken first.
 */
export const claimScript = script(`${library}
local group, consumer, count = ARGV[2], ARGV[3], tonumber(ARGV[4])
local idle, longest = tonumber(ARGV[5]), tonumber(ARGV[6])
local time, due = now(), {}
local function wait_of(deliveries) return math.min(idle * 2 ^ (deliveries - 1), longest) end
-- Up to a quarter less, drawn from the entry and its count, so that it does not change from look to look.
local function chance(id, deliveries)
  local ms, serial = string.match(id, '(%d+)-(%d+)')
  return 0.75 + (tonumber(ms) % 1000 * 7 + tonumber(serial) * 131 + deliveries * 389) % 1000 / 4000
end
for deliveries = 1, 24 do
  local latest = time - 0.75 * wait_of(deliveries)
  local members = redis.call('ZRANGE', held_key(group, deliveries), '-inf', latest, 'BYSCORE', 'LIMIT', 0, count + 50, 'WITHSCORES')
  for at = 1, #members, 2 do
    local id, tenant = string.match(members[at], '^(%S+) (.*)$')
    local over = time - tonumber(members[at + 1]) - wait_of(deliveries) * chance(id, deliveries)
    if over >= 0 then due[#due + 1] = { over = over, id = id, tenant = tenant, level = deliveries } end
  end
end
table.sort(due, function(a, b) return a.over > b.over or a.over == b.over and a.id < b.id end)
local claimed = {}
for at = 1, math.min(count, #due) do
  local entry = due[at]
  local key = base .. 'entries:' .. entry.tenant
  local member = entry.id .. ' ' .. entry.tenant
  local _, deliveries = holding(key, group, entry.id)
  redis.call('ZREM', held_key(group, entry.level), member)
  local found = deliveries and redis.call('XCLAIM', key, group, consumer, 0, entry.id)[1]
  if found then
    redis.call('ZADD', held_key(group, deliveries + 1), time, member)
    claimed[#claimed + 1] = { entry.tenant, found[1], found[2], deliveries + 1, 0 }
  end
end
return claimed
`);

/** Restarts the idle time of entries (tenant, id) that this consumer still holds, without counting a delivery. */
export const holdScript = script(`${library}
local group, consumer, time = ARGV[2], ARGV[3], now()
for at = 4, #ARGV, 2 do
  local tenant, id = ARGV[at], ARGV[at + 1]
  local key = base .. 'entries:' .. tenant
  local holder, deliveries = holding(key, group, id)
  if holder == consumer then
    redis.call('XCLAIM', key, group, consumer, 0, id, 'JUSTID')
    redis.call('ZADD', held_key(group, deliveries), time, id .. ' ' .. tenant)
  end
end
return 0
`);

/** Makes entries (tenant, id) that this consumer still holds unread again, as if this delivery had not been. */
export const releaseScript = script(`${library}
local group, consumer = ARGV[2], ARGV[3]
for at = 4, #ARGV, 2 do
  local tenant, id = ARGV[at], ARGV[at + 1]
  local key = base .. 'entries:' .. tenant
  local holder, deliveries = holding(key, group, id)
  if holder == consumer then
    redis.call('XCLAIM', key, group, released, 0, id, 'RETRYCOUNT', deliveries - 1, 'JUSTID')
    redis.call('ZREM', held_key(group, deliveries), id .. ' ' .. tenant)
    redis.call('ZADD', base .. 'ready:' .. group, 'NX', add('turn', 1), tenant)
    add('released:' .. group, 1)
    add('waiting:' .. group, 1)
  end
end
return 0
`);

/** Forgets held entries (tenant, id) for the group, and removes each that no other group needs, with the stream when it was the last. */
export const acknowledgeScript = script(`${library}
local group = ARGV[2]
local groups = redis.call('SMEMBERS', base .. 'groups')
local function before_or_at(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  if am ~= bm then return tonumber(am) < tonumber(bm) end
  return tonumber(as) <= tonumber(bs)
end
local function reading(key)
  local positions = {}
  for _, about in ipairs(redis.call('XINFO', 'GROUPS', key)) do
    local map = {}
    for at = 1, #about, 2 do map[about[at]] = about[at + 1] end
    positions[map['name']] = map['last-delivered-id']
  end
  return positions
end
local function needed(key, id)
  if #groups == 1 then return false end
  local positions = reading(key)
  for _, other in ipairs(groups) do
    if other ~= group then
      local position = positions[other]
      if not position or not before_or_at(id, position) then return true end
      if #redis.call('XPENDING', key, other, id, id, 1) > 0 then return true end
    end
  end
  return false
end
local function remove(key, tenant, id)
  redis.call('XDEL', key, id)
  add('entries', -1)
  if redis.call('XLEN', key) > 0 then return end
  redis.call('DEL', key)
  redis.call('ZREM', base .. 'tenants', tenant)
  for _, each in ipairs(groups) do redis.call('ZREM', base .. 'ready:' .. each, tenant) end
end
for at = 3, #ARGV, 2 do
  local tenant, id = ARGV[at], ARGV[at + 1]
  local key = base .. 'entries:' .. tenant
  local _, deliveries = holding(key, group, id)
  if deliveries then
    redis.call('XACK', key, group, id)
    redis.call('ZREM', held_key(group, deliveries), id .. ' ' .. tenant)
    if not needed(key, id) then remove(key, tenant, id) end
  end
end
return 0
`);

/** Counts what a group has not read yet, and what it holds. */
export const backlogScript = script(`${library}
local group, held = ARGV[2], 0
local field = redis.call('SISMEMBER', base .. 'groups', group) == 1 and 'waiting:' .. group or 'entries'
for deliveries = 1, 24 do held = held + redis.call('ZCARD', held_key(group, deliveries)) end
return { tonumber(redis.call('HGET', base .. 'counts', field) or 0), held }
`);

/** Forgets consumers that hold nothing and were silent for too long, of the 100 tenants that were not looked at for longest. */
export const trimScript = script(`${library}
local silence = tonumber(ARGV[2])
local groups = redis.call('SMEMBERS', base .. 'groups')
for _, tenant in ipairs(redis.call('ZRANGE', base .. 'tenants', 0, 99)) do
  local key = base .. 'entries:' .. tenant
  redis.call('ZADD', base .. 'tenants', add('turn', 1), tenant)
  for _, group in ipairs(groups) do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', key, group)
    for _, about in ipairs(consumers.err and {} or consumers) do
      local map = {}
      for at = 1, #about, 2 do map[about[at]] = about[at + 1] end
      if map['pending'] == 0 and map['idle'] > silence then
        redis.call('XGROUP', 'DELCONSUMER', key, group, map['name'])
      end
    end
  end
end
return 0
`);
