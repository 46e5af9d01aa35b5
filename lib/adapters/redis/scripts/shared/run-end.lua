--[[ Records how a run, or a tick that does not run, ended.

  run   the keys unfinished, job, runs and index; slot, member ("<slot>|<job>"), tick, keep, maxAgeMs
]]

-- Writes the end of a tick. ZREM comes first: Redis lets a script that has written go on when memory is full.
-- `hwm`: the watermark, where the tick was decided before: one that was replaced meanwhile may lie below it.
local close = function(run, packed, hwm)
  redis.call('ZREM', run.unfinished, run.member)
  redis.call('HSET', run.runs, run.slot, packed)
  redis.call('ZADD', run.index, run.tick, run.slot)
  if string.find(run.slot, '@', 1, true) then
    -- Its requester waits for it, also where no record is kept.
    redis.call('HSET', run.job, 'lastManual', run.slot .. '|' .. packed)
    redis.call('HDEL', run.runs, string.match(run.slot, '@.*$'))
  elseif hwm and (whole(hwm) or math.huge) < tonumber(run.tick) then
    redis.call('HSET', run.job, 'hwm', run.tick)
  end
  trim(run)
end

-- Remembers a run that ended after it had started with the job, for longer than its record.
local remember = function(run, state, packed)
  local last = run.slot .. '|' .. packed
  -- A pod that does not have the job cannot say for how long its history is kept.
  local isKnown = run.maxAgeMs < 9e15
  redis.call('HSET', run.job, 'lastRun', last, state == 'succeeded' and 'lastSuccess' or 'lastRun', last,
    isKnown and 'maxAge' or 'lastRun', isKnown and text(run.maxAgeMs) or last)
  count(run.job, state, 1)
end
