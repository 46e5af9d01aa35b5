--[[ Reads the ended runs of jobs: of each the newest ones, and all of the last tick among them.

  KEYS    per job: runs, index   (see run-records.lua)
  ARGV[1] only ticks up to this one, or "+inf"   ARGV[2] only from this one on, or "-inf"   ARGV[3] limit, per job
  then the states asked for; none: all

  Answers { now, { slot, record... }... }
]]
local limit, states = tonumber(ARGV[3]), {}
for at = 4, #ARGV do
  states[ARGV[at]] = true
end

local history = function(runs, index)
  local found, offset, count, lastTick = {}, 0, 0, nil
  while true do
    local size = math.min(100, limit + 1)
    local slots = redis.call('ZREVRANGEBYSCORE', index, ARGV[1], ARGV[2], 'LIMIT', offset, size)
    for _, slot in ipairs(slots) do
      local tick = string.match(slot, '^[^@]*')
      if count >= limit and tick ~= lastTick then
        return found
      end
      local packed = redis.call('HGET', runs, slot)
      local state = packed and string.match(packed, '^([^|]+)|[^|]*|%d+|%d+|%d+|[^|]*|')
      if state and (#ARGV == 3 or states[state]) then
        table.insert(found, slot)
        table.insert(found, packed)
        count, lastTick = count + 1, tick
      end
    end
    if #slots < size then
      return found
    end
    offset = offset + size
  end
end

local answers = { text(now) }
for number = 1, #KEYS, 2 do
  -- Where a key has been tampered with, the history of that job is empty.
  local read, found = pcall(history, KEYS[number], KEYS[number + 1])
  table.insert(answers, read and found or {})
end
return answers
