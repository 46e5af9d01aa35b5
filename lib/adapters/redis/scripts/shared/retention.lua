--[[ Drops records that are more, or older, than is kept. ]]

-- How many records a call may drop beside two for each that it writes; the rest goes with the runs that end next.
local spare = 100

-- The oldest ones that are more, or older, than is kept: at most two, or as many as are too many and may be dropped.
local surplusOf = function(run)
  local surplus = redis.call('ZCARD', run.index) - run.keep
  local size = math.max(2, math.min(surplus, spare))
  local slots = redis.call('ZRANGEBYSCORE', run.index, '-inf', '(' .. text(now - run.maxAgeMs), 'LIMIT', 0, size)
  if surplus <= #slots then
    return slots
  end
  return redis.call('ZRANGE', run.index, 0, math.min(surplus, size) - 1)
end

local trim = function(run)
  local slots = surplusOf(run)
  if #slots > 0 then
    spare = spare - #slots
    redis.call('HDEL', run.runs, unpack(slots))
    redis.call('ZREM', run.index, unpack(slots))
  end
end
