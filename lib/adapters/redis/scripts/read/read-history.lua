--[[ Reads the ended runs of jobs: of each the newest ones, and all of the last tick among them. Reads some 1,000 runs
  and no more, so that others are served in between, and answers where the next call goes on.

  KEYS      per job: runs, index   (see README.md)
  ARGV      only ticks up to this one, or "+inf", only from this one on, or "-inf", limit (per job),
            where to go on with the first job, or '', '1': without the facts of the runs
            then the states that are wanted; none: all
  Answers   { now, { slot, record... }..., { jobs done, where to go on with the one after them } }
            as many lists as jobs were read; where: "<found>|<tick of the last one found>|<last slot seen>"
]]
local _, args, jobs, states = arguments({
  keys = {},
  args = { 'newest', 'oldest', 'limit', 'from', 'isBrief' },
  itemKeys = { 'runs', 'index' },
})
local limit, left, wanted = tonumber(args.limit), 1000, {}
for _, state in ipairs(states) do
  wanted[state] = true
end

-- The state of a record; one that no script of ours wrote is unreadable.
local stateOf = function(slot, packed)
  local state, token, attempt, at = string.match(packed, '^([^|]+)|[^|]*|(%d+)|(%d+)|(%d+)|[^|]*|')
  local tick, manual = string.match(slot, '^%-?(%d+)(.?)')
  local isSlot = whole(tick, 8.64e15) and (manual == '' or manual == '@')
  return isSlot and whole(token) and whole(attempt) and whole(at, 8.64e15) and state or 'unreadable'
end

-- Without the facts where they are not wanted. Of what is unreadable the beginning is enough.
local brief = function(state, packed)
  if state == 'unreadable' then
    return string.sub(packed, 1, 200)
  end
  return args.isBrief == '1' and string.match(packed, '^[^|]+|[^|]*|%d+|%d+|%d+|') .. '|{}' or packed
end

-- How far the history of a job has been read. By rank: the end of a long index is found as soon as its beginning.
local positionOf = function(index, where)
  local count, lastTick, seen = string.match(where, '^(%d+)|([^|]*)|(.*)$')
  local last = redis.call('ZCOUNT', index, args.oldest, '+inf') - 1
  local rank
  if seen then
    -- One that was dropped meanwhile was the oldest.
    rank = (redis.call('ZREVRANK', index, seen) or last) + 1
  else
    rank = redis.call('ZCOUNT', index, '(' .. args.newest, '+inf')
  end
  return { count = tonumber(count or '0'), lastTick = lastTick, seen = seen, rank = rank, last = last }
end

-- Adds what is wanted of some slots; answers whether there are as many as were requested.
local addPage = function(found, position, runs, slots)
  for at, packed in ipairs(redis.call('HMGET', runs, unpack(slots))) do
    local slot = slots[at]
    local tick = string.match(slot, '^[^@]*')
    if position.count >= limit and tick ~= position.lastTick then
      return true
    end
    local state = packed and stateOf(slot, packed)
    if state and (#states == 0 or wanted[state]) then
      table.insert(found, slot)
      table.insert(found, brief(state, packed))
      position.count, position.lastTick = position.count + 1, tick
    end
  end
  return false
end

local history = function(runs, index, where)
  local found, size, position = {}, math.min(100, limit + 1), positionOf(index, where)
  while position.rank <= position.last do
    if left <= 0 then
      return found, table.concat({ position.count, position.lastTick or '', position.seen or '' }, '|')
    end
    local slots = redis.call('ZREVRANGE', index, position.rank, math.min(position.rank + size - 1, position.last))
    left = left - #slots
    if addPage(found, position, runs, slots) then
      return found
    end
    position.rank, position.seen, size = position.rank + #slots, slots[#slots], 100
  end
  return found
end

local answers, done, where = { nowText }, 0, args.from
for job in jobs do
  if left <= 0 then
    break
  end
  -- Where a key has another type, the history of that job is empty.
  local isRead, found, rest = pcall(history, job.runs, job.index, where)
  table.insert(answers, isRead and found or {})
  done, where = rest and done or done + 1, rest or ''
end
table.insert(answers, { done, where })
return answers
