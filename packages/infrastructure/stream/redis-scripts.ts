import { script } from '../redis/script.ts';

/**
 * Takes over idle entries. XPENDING finds them with their delivery counts and XCLAIM takes them in the same
 * atomic step, so that two claimers never get the same entry and a count is never of another moment.
 * (XAUTOCLAIM tells no counts and knows no growing idle time.)
 */
export const claimScript = script(`
local key, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local count, idle, longest = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local ids, deliveries, start = {}, {}, '-'
for page = 1, 20 do
  local pending = redis.call('XPENDING', key, group, 'IDLE', idle, start, '+', 100)
  for _, entry in ipairs(pending) do
    start = '(' .. entry[1]
    if entry[3] >= math.min(idle * 2 ^ (entry[4] - 1), longest) and #ids < count then
      ids[#ids + 1] = entry[1]
      deliveries[entry[1]] = entry[4] + 1
    end
  end
  if #ids >= count or #pending < 100 then break end
end
local claimed = {}
if #ids == 0 then return claimed end
for _, entry in ipairs(redis.call('XCLAIM', key, group, consumer, idle, unpack(ids))) do
  claimed[#claimed + 1] = { entry[1], entry[2], deliveries[entry[1]] }
end
return claimed
`);

/** Restarts the idle time of entries that this consumer still holds, without counting a delivery. */
export const holdScript = script(`
local key, group, consumer = KEYS[1], ARGV[1], ARGV[2]
for i = 3, #ARGV do
  if #redis.call('XPENDING', key, group, ARGV[i], ARGV[i], 1, consumer) == 1 then
    redis.call('XCLAIM', key, group, consumer, 0, ARGV[i], 'JUSTID')
  end
end
return 0
`);

/** Reads a map reply, which scripts get as a flat list. */
const mapOf = `
local function map_of(list)
  local map = {}
  for i = 1, #list, 2 do map[list[i]] = list[i + 1] end
  return map
end
`;

/**
 * Cuts the stream before the first entry that some group has not read or not acknowledged; atomic, so that nothing
 * is read or appended in between. Consumers that hold nothing and were silent for too long are forgotten.
 */
export const trimScript = script(`
${mapOf}
local key = KEYS[1]
if redis.call('EXISTS', key) == 0 then return 0 end
local function before(a, b)
  local am, as = string.match(a, '(%d+)-(%d+)')
  local bm, bs = string.match(b, '(%d+)-(%d+)')
  if tonumber(am) ~= tonumber(bm) then return tonumber(am) < tonumber(bm) end
  return tonumber(as) < tonumber(bs)
end
local keep
for _, list in ipairs(redis.call('XINFO', 'GROUPS', key)) do
  local group = map_of(list)
  local unread = redis.call('XRANGE', key, '(' .. group['last-delivered-id'], '+', 'COUNT', 1)
  local first = unread[1] and unread[1][1] or false
  local held = redis.call('XPENDING', key, group['name'])[2]
  if held and (not first or before(held, first)) then first = held end
  if keep == nil then keep = first
  elseif first and (not keep or before(first, keep)) then keep = first end
  for _, about in ipairs(redis.call('XINFO', 'CONSUMERS', key, group['name'])) do
    local consumer = map_of(about)
    if consumer['pending'] == 0 and consumer['idle'] > tonumber(ARGV[1]) then
      redis.call('XGROUP', 'DELCONSUMER', key, group['name'], consumer['name'])
    end
  end
end
if keep == nil then return 0 end
if keep == false then return redis.call('XTRIM', key, 'MAXLEN', 0) end
return redis.call('XTRIM', key, 'MINID', keep)
`);

/** Counts what a group has not read yet, and what it holds. Redis tells no lag where entries were deleted, so it is counted then. */
export const backlogScript = script(`
${mapOf}
local key = KEYS[1]
if redis.call('EXISTS', key) == 0 then return { 0, 0 } end
for _, list in ipairs(redis.call('XINFO', 'GROUPS', key)) do
  local group = map_of(list)
  if group['name'] == ARGV[1] then
    local waiting = group['lag'] or #redis.call('XRANGE', key, '(' .. group['last-delivered-id'], '+')
    return { waiting, group['pending'] }
  end
end
return { redis.call('XLEN', key), 0 }
`);
