--[[ Reads the ended runs of jobs: of each the newest ones, and all of the last tick among them. Looks at some 1,000
  runs and no more, so that others are served in between, and says where the next call goes on.

  KEYS    per job: runs, index   (see README.md)
  ARGV[1] only ticks up to this one, or "+inf"   ARGV[2] only from this one on, or "-inf"   ARGV[3] limit, per job
  ARGV[4] where to go on with the first job, or ''   ARGV[5] '1': without the facts of the runs
  then the states asked for; none: all

  Answers { now, { slot, record... }..., { jobs done, where to go on with the one after them } }
              as many lists as jobs were looked at; where: "<found>|<tick of the last one found>|<last slot seen>"
]]
local limit, left, states = tonumber(ARGV[3]), 1000, {}
for at = 6, #ARGV do
  states[ARGV[at]] = true
end

-- The state of a record; one that no script of ours wrote is unreadable.
local stateOf = function(slot, packed)
  local state, token, attempt, at = string.match(packed, '^([^|]+)|[^|]*|(%d+)|(%d+)|(%d+)|[^|]*|')
  local tick, manual = string.match(slot, '^%-?(%d+)(.?)')
  local isSlot = whole(tick, 8.64e15) and (manual == '' or manual == '@')
  return isSlot and whole(token) and whole(attempt) and whole(at, 8.64e15) and state or 'unreadable'
end

-- Without the facts where they are not asked for. Of what is unreadable the beginning is enough.
local brief = function(state, packed)
  if state == 'unreadable' then
    return string.sub(packed, 1, 200)
  end
  return ARGV[5] == '1' and string.match(packed, '^[^|]+|[^|]*|%d+|%d+|%d+|') .. '|{}' or packed
end

-- By rank: the end of a long index is found as soon as its beginning.
local history = function(runs, index, where)
  local found, size = {}, math.min(100, limit + 1)
  local count, lastTick, seen = string.match(where, '^(%d+)|([^|]*)|(.*)$')
  local last = redis.call('ZCOUNT', index, ARGV[2], '+inf') - 1
  local rank
  if seen then
    -- One that was dropped meanwhile was the oldest.
    rank = (redis.call('ZREVRANK', index, seen) or last) + 1
  else
    rank = redis.call('ZCOUNT', index, '(' .. ARGV[1], '+inf')
  end
  count = tonumber(count or '0')
  while rank <= last do
    if left <= 0 then
      return found, table.concat({ count, lastTick or '', seen or '' }, '|')
    end
    local slots = redis.call('ZREVRANGE', index, rank, math.min(rank + size - 1, last))
    left = left - #slots
    for at, packed in ipairs(redis.call('HMGET', runs, unpack(slots))) do
      local slot = slots[at]
      local tick = string.match(slot, '^[^@]*')
      if count >= limit and tick ~= lastTick then
        return found
      end
      local state = packed and stateOf(slot, packed)
      if state and (#ARGV == 5 or states[state]) then
        table.insert(found, slot)
        table.insert(found, brief(state, packed))
        count, lastTick = count + 1, tick
      end
    end
    rank, seen, size = rank + #slots, slots[#slots], 100
  end
  return found
end

local answers, done, where = { text(now) }, 0, ARGV[4]
while done < #KEYS / 2 and left > 0 do
  -- Where a key has been tampered with, the history of that job is empty.
  local read, found, rest = pcall(history, KEYS[2 * done + 1], KEYS[2 * done + 2], where)
  table.insert(answers, read and found or {})
  done, where = rest and done or done + 1, rest or ''
end
table.insert(answers, { done, where })
return answers
