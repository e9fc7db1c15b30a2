"""The same counting as Lua scripts, which Redis runs one at a time.

The functions follow :class:`Bucket` and :class:`Operating` line by line; tests compare them. Times
are those of the server's clock, in seconds. Unlike a process's own that clock may be set back: what it
said before is then not waited for. ``ARGV[1]`` and ``ARGV[2]`` are empty; tests put the
time and the server's age there. Numbers travel as text: Redis cuts Lua's to integers.
"""

from __future__ import annotations

from typing import Final

from b24orm.executor.limits.operating import LOOK, MOVED, ROOM, UNKNOWN, WEIGHT, WINDOW

__all__ = ["DECLARE", "EMPTY", "ENTER", "EXHAUSTED", "GIVE_BACK", "LEARN", "LEAVE", "POUR", "RESTORE"]

_CLOCK: Final = """
local function clock()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local t = redis.call('TIME')
  return tonumber(t[1]) + tonumber(t[2]) / 1000000
end

local function uptime()
  if ARGV[2] ~= '' then return tonumber(ARGV[2]) end
  local info = redis.pcall('INFO', 'server')  -- not everybody may ask
  if type(info) ~= 'string' then return math.huge end
  local age = tonumber(string.match(info, 'uptime_in_seconds:(%d+)')) or math.huge
  return math.max(0, age - 1)  -- it counts the seconds that began
end

local function text(number)
  return string.format('%.6f', number)
end

local function keep(key, seconds)
  redis.call('PEXPIRE', key, math.ceil(seconds * 1000))
end
"""

_BUCKET: Final = """
local JUMP = 5  -- seconds by which a clock does not go back unless it is set

local function bucket_of(key, now, burst, rate)
  local f = redis.call('HMGET', key, 'level', 'seen', 'resting', 'share', 'cut')
  return {
    key = key, rate = rate, room = burst - math.min(rate, burst - 1), known = f[1] ~= false,
    level = tonumber(f[1] or 0), seen = tonumber(f[2] or now),
    resting = (f[3] or '1') == '1', share = tonumber(f[4] or 1), cut = tonumber(f[5] or 0)
  }
end

local function save(b)
  redis.call('HSET', b.key, 'level', text(b.level), 'seen', text(b.seen),
    'resting', b.resting and '1' or '0', 'share', text(b.share), 'cut', text(b.cut))
  keep(b.key, 60 + b.level / (b.rate * b.share))
end

local function fill(b, now, level)
  b.level = math.max(b.level, level)
  b.resting = false
  b.seen = math.max(now, b.seen)
end

-- A server that started lately may have forgotten what the bucket held.
local function remember(b, seen, now, grace)
  if b.known and now - seen <= 1 then return end
  local age = uptime()
  if b.known and seen >= now - age then return end
  local level = b.room + b.rate * (grace - age)
  if level > b.level then fill(b, now, level) end
end

local function drain(b, now)
  local drained = 0
  if b.seen > now + JUMP then b.seen = now end
  if not b.resting then drained = b.rate * b.share * math.max(0, now - b.seen) end
  b.resting = b.resting or drained >= b.level
  b.level = math.max(0, b.level - drained)
  b.seen = math.max(now, b.seen)
end

local function take(b, now, grace)
  local seen = b.seen
  drain(b, now)
  remember(b, seen, now, grace)
  b.level = b.level + 1
  save(b)
  return math.max(0, b.level - b.room) / (b.rate * b.share)
end
"""

_OPERATING: Final = (
    f"""
local LOOK, MOVED, ROOM, WINDOW = {LOOK}, {MOVED}, {ROOM}, {WINDOW}
local UNKNOWN, WEIGHT = {UNKNOWN}, {WEIGHT}
"""
    + """
local function budget_of(key)
  local f = redis.call('HMGET', key, 'spent', 'resets', 'cost', 'next_turn', 'blocked', 'room', 'refused',
    'most', 'answers')
  return {
    known = f[1] ~= false, spent = tonumber(f[1] or 0), resets = tonumber(f[2] or 0),
    cost = tonumber(f[3] or 0), next_turn = tonumber(f[4] or 0), blocked = tonumber(f[5] or 0),
    room = tonumber(f[6] or 0), refused = tonumber(f[7] or 0),
    most = tonumber(f[8] or 0), answers = tonumber(f[9] or 0)
  }
end

local function each(b, limit)
  return b.answers > 0 and b.cost or math.min(b.spent, UNKNOWN * limit)
end

local function operating_wait(key, leases, now, limit)
  local b = budget_of(key)
  if math.max(b.resets, b.blocked, b.next_turn) > now + 2 * WINDOW then
    redis.call('HSET', key, 'resets', text(now), 'blocked', text(now), 'next_turn', text(now))
    redis.call('DEL', leases)
    b = budget_of(key)
  end
  if now < b.blocked then return b.blocked - now end
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', text(now))
  local under_way = redis.call('ZCARD', leases)
  if 0 < b.room and b.room <= under_way then return LOOK end
  if limit < 0 or not b.known or now >= b.resets then return 0 end
  local ahead = each(b, limit) * (under_way + 1)
  if b.spent + ahead >= limit then return under_way > 0 and LOOK or b.resets - now end
  return math.max(0, b.next_turn - now)
end

-- A lease ends by itself: a process that was killed gives nothing back.
local function start(key, leases, now, limit, calm, ticket, seconds)
  redis.call('ZADD', leases, text(now + seconds), ticket)
  keep(leases, seconds + 60)
  local b = budget_of(key)
  if limit < 0 or not b.known or b.spent < calm * limit or now >= b.resets then return end
  local left = limit - b.spent
  local pace = left > 0 and each(b, limit) * (b.resets - now) / left or 0
  redis.call('HSET', key, 'next_turn', text(math.max(now, b.next_turn) + pace))
end

local function refused_for(key, now)
  local b = budget_of(key)
  return b.refused > 0 and now - b.refused or 0
end

local function served(key, b, now)
  if b.refused > 0 then redis.call('HSET', key, 'refused', '0') end
  if b.room == 0 or now < b.blocked then return end
  redis.call('HSET', key, 'room', text(b.room < ROOM and b.room + 1 or 0))
end

local function refuse(key, b, now, blocked)
  redis.call('HSET', key, 'blocked', text(blocked), 'room', '1',
    'refused', text(b.refused > 0 and b.refused or now))
end

local function finish(ticket)
  for i = 2, #KEYS, 2 do redis.call('ZREM', KEYS[i + 1], ticket) end
end
"""
)

_LIBRARY: Final = _CLOCK + _BUCKET + _OPERATING

ENTER: Final = (
    _LIBRARY
    + """
local now, burst, rate, grace = clock(), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local limit, calm, ticket, lease = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
local wait, refused = 0, 0
for i = 2, #KEYS, 2 do
  wait = math.max(wait, operating_wait(KEYS[i], KEYS[i + 1], now, limit))
  refused = math.max(refused, refused_for(KEYS[i], now))
end
if wait > 0 then return {'0', text(wait), text(refused), ''} end
local free = ''
if rate > 0 then
  local b = bucket_of(KEYS[1], now, burst, rate)
  wait = take(b, now, grace)
  free = text(math.max(0, b.room - b.level))
end
for i = 2, #KEYS, 2 do
  start(KEYS[i], KEYS[i + 1], now, limit, calm, ticket, wait + lease)
end
return {'1', text(wait), text(refused), free}
"""
)
"""``bucket, (budget, leases)*; burst rate grace limit calm ticket lease`` -> granted, wait, refused
for, free places."""

LEAVE: Final = (
    _LIBRARY
    + """
local now, burst, rate, ticket, accepted = clock(), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
local age = tonumber(ARGV[7])
finish(ticket)
if rate <= 0 then return end
local b = bucket_of(KEYS[1], now, burst, rate)
if b.resting and b.known then
  b.resting = false
  b.seen = math.max(now, b.seen)
end
if accepted == '1' then
  b.share = math.min(1, b.share * 1.02)
elseif accepted == '0' then
  b.level = math.max(b.level, b.room)
  if now - age >= b.cut or b.cut > now + JUMP then
    b.share = math.max(0.25, b.share / 2)
    b.cut = now
  end
end
if b.known or accepted == '0' then save(b) end
"""
)
"""``bucket, (budget, leases)*; burst rate ticket accepted age``."""

GIVE_BACK: Final = (
    _LIBRARY
    + """
local now, burst, rate, ticket = clock(), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
finish(ticket)
if rate <= 0 then return end
local b = bucket_of(KEYS[1], now, burst, rate)
b.level = math.max(0, b.level - 1)
if b.known then save(b) end
"""
)
"""``bucket, (budget, leases)*; burst rate ticket``."""

DECLARE: Final = (
    _LIBRARY
    + """
local now, burst, rate, grace = clock(), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if rate <= 0 then return end
local b = bucket_of(KEYS[1], now, burst, rate)
fill(b, now, b.room + rate * grace)
save(b)
"""
)
"""``bucket; burst rate grace``: somebody counted alone; from now on the bucket is taken for full."""

EMPTY: Final = (
    _LIBRARY
    + """
local now, burst, rate = clock(), tonumber(ARGV[3]), tonumber(ARGV[4])
if rate <= 0 then return text(0) end
local b = bucket_of(KEYS[1], now, burst, rate)
drain(b, now)
redis.call('DEL', KEYS[1])
return text(b.level)
"""
)
"""``bucket; burst rate`` -> level: what it holds goes to the portal's new name."""

POUR: Final = (
    _LIBRARY
    + """
local now, burst, rate, poured = clock(), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if rate <= 0 or poured <= 0 then return end
local b = bucket_of(KEYS[1], now, burst, rate)
drain(b, now)
b.level = b.level + poured
b.resting = false
save(b)
"""
)
"""``bucket; burst rate level``: what the portal's old name has counted."""

LEARN: Final = (
    _LIBRARY
    + """
local now, key, spent, left = clock(), KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local b = budget_of(key)
served(key, b, now)
if spent == nil then return end
if b.resets > 0 and math.abs(now + left - b.resets) < MOVED then
  b.answers = b.answers + 1
  b.cost = b.cost + (math.max(0, spent - b.most) - b.cost) * math.max(WEIGHT, 1 / b.answers)
  b.most = math.max(spent, b.most)
else
  b.most = spent
end
redis.call('HSET', key, 'spent', text(spent), 'resets', text(now + left), 'cost', text(b.cost),
  'most', text(b.most), 'answers', text(b.answers))
keep(key, left + 3600)
"""
)
"""``budget; spent left``: the method was served; both are empty if the answer tells nothing."""

RESTORE: Final = (
    _LIBRARY
    + """
local now, key, spent, left = clock(), KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local cost, blocked = tonumber(ARGV[5]), tonumber(ARGV[6])
if budget_of(key).known then return end
redis.call('HSET', key, 'spent', text(spent), 'most', text(spent), 'resets', text(now + left),
  'cost', text(cost), 'answers', cost > 0 and '1' or '0')
if blocked > 0 then refuse(key, budget_of(key), now, now + blocked) end
keep(key, left + 3600)
"""
)
"""``budget; spent left cost blocked``: what a server that was started again may have forgotten."""

EXHAUSTED: Final = (
    _LIBRARY
    + """
local now, key, limit, blind = clock(), KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4])
local b = budget_of(key)
local resets = b.resets > now and b.resets or now + blind
redis.call('HSET', key, 'spent', text(math.max(0, limit)), 'resets', text(resets))
refuse(key, b, now, resets)
keep(key, resets - now + 3600)
"""
)
"""``budget; limit blind``."""
