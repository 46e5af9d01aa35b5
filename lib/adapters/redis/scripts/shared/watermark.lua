--[[ The watermark of a job. One that cannot be read, or lies in the future, would silence the job, so it is replaced:
  by the newest tick in the index, else by the instant up to which a tick may have been claimed by now.

  No tick starts twice because of that. A tick that was decided has a record that is kept (claimed, queued, released:
  the claim reads records first), or it is in the index, or its record was trimmed: trimming takes the oldest ticks
  of the index, so what was trimmed lies at or below the newest tick that is left. Hence every decided tick has a
  record or is at or below the new watermark; and a run that ends later, whose record may be trimmed, moves the
  watermark up to its tick again (`close`). With an empty index nothing proves that: then a watermark that can be read
  stays where the job has ever finished a run or one has started (records may not be kept: after the clock of Redis was
  set back, its tick would be due again), and the job counts as overdue until then; one that cannot be read becomes
  now + EARLY, for no tick is claimed earlier than EARLY before it is due.
  A watermark in the future that the index confirms is right: those ticks were decided, by a clock that was ahead.
]]
local EARLY = 50
local watermarkOf = function(job, index, value)
  local hwm = whole(value)
  if not value or hwm and hwm <= now + SLACK then
    return hwm
  end
  local newest = whole(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2])
  if hwm and newest and newest >= hwm then
    return hwm
  end
  local ran = redis.call('HMGET', job, 'lastRun', 'started')
  if hwm and not newest and (ran[1] or ran[2] and ran[2] ~= '0') then
    invalid(job, 'hwm', value, 'ignored')
    return hwm
  end
  local watermark = newest or now + EARLY
  invalid(job, 'hwm', value, hwm and 'clamped' or 'repaired')
  redis.call('HSET', job, 'hwm', text(watermark))
  return watermark
end
