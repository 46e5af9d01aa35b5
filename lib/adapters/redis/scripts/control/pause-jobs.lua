--[[ Pauses a job or all of them, or ends a pause.

  KEYS[1] job or control   KEYS[2] jobs   (see README.md)
  ARGV[1] for how long, ms; 0: no longer   ARGV[2] reason   ARGV[3] job name; '': of all jobs

  Answers { now, '1': there was a pause, from, until }
]]
local forMs = tonumber(ARGV[1])
local pause = redis.call('HMGET', KEYS[1], 'pausedFrom', 'pausedUntil')
local starts, ends = pauseOf(KEYS[1], pause[1], pause[2])
local isPaused = ends > now
local from = text(isPaused and starts <= now and starts or now)
if forMs <= 0 then
  -- When it was is kept: ticks that fell into it are not made up.
  if isPaused then
    redis.call('HSET', KEYS[1], 'pausedUntil', text(now))
  end
  return { stamp(), isPaused and '1' or '0', from, text(now) }
end
if ARGV[3] ~= '' then
  -- So that it is found when the job is removed.
  redis.pcall('SADD', KEYS[2], ARGV[3])
end
redis.call('HSET', KEYS[1], 'pausedFrom', from, 'pausedUntil', text(now + forMs), 'pausedReason', ARGV[2])
return { stamp(), isPaused and '1' or '0', from, text(now + forMs) }
