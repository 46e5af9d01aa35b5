--[[ Pauses a job or all of them, or ends a pause.

  KEYS      job or control, jobs   (see README.md)
  ARGV      for how long (ms; 0: no longer), reason, job name ('': of all jobs)
  Answers   { now, '1': there was a pause, from, until }
]]
local keys, args = arguments({ keys = { 'paused', 'jobs' }, args = { 'durationMs', 'reason', 'name' } })
local durationMs = tonumber(args.durationMs)
local pause = redis.call('HMGET', keys.paused, 'pausedFrom', 'pausedUntil')
local starts, ends = pauseOf(keys.paused, pause[1], pause[2])
local isPaused = ends > now
local from = text(isPaused and starts <= now and starts or now)
if durationMs <= 0 then
  -- When it was is kept: ticks that fell into it are not caught up.
  if isPaused then
    redis.call('HSET', keys.paused, 'pausedUntil', nowText)
  end
  return { stamp(), isPaused and '1' or '0', from, nowText }
end
if args.name ~= '' then
  -- So that it is found when the job is removed.
  redis.pcall('SADD', keys.jobs, args.name)
end
local untilWhen = text(now + durationMs)
redis.call('HSET', keys.paused, 'pausedFrom', from, 'pausedUntil', untilWhen, 'pausedReason', args.reason)
return { stamp(), isPaused and '1' or '0', from, untilWhen }
