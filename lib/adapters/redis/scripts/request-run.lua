--[[ Asks for a run beside the schedule.

  KEYS[1] requests   (see run-records.lua)
  ARGV[1] handle   ARGV[2] job name   ARGV[3] channel of events

  Answers { now, tick }
]]
local standing = redis.call('HGET', KEYS[1], ARGV[1])
local tick = standing and string.match(standing, '^(%d+)|') or text(now)
redis.call('HSET', KEYS[1], ARGV[1], tick .. '|' .. ARGV[2])
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', ARGV[3], 'run-requested')
return { text(now), tick }
