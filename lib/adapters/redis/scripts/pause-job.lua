--[[ Pauses a job, or ends its pause.

  KEYS[1] job   (see run-records.lua)
  ARGV[1] for how long, ms; 0: no longer

  Answers { now, until when, or '0' }
]]
local forMs = tonumber(ARGV[1])
if forMs <= 0 then
  redis.call('HDEL', KEYS[1], 'pausedUntil')
  return { text(now), '0' }
end
redis.call('HSET', KEYS[1], 'pausedUntil', text(now + forMs))
return { text(now), text(now + forMs) }
