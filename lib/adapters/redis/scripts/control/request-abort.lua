--[[ Asks that a run that goes on should end.

  KEYS[1] unfinished   KEYS[2] runs   (see README.md)
  ARGV[1] job name   ARGV[2] slot   ARGV[3] run id   ARGV[4] channel of events

  Answers { now, 'requested' } or { now, 'ended' }
]]
local record = recordOf(KEYS[2], ARGV[2])
local score = redis.call('ZSCORE', KEYS[1], ARGV[2] .. '|' .. ARGV[1])
if not record or record.state ~= 'claimed' or record.runId ~= ARGV[3] or tonumber(score or '0') <= now then
  return { text(now), 'ended' }
end
redis.call('HSET', KEYS[2], '!' .. ARGV[3], text(now))
-- pcall: where an ACL forbids the channel, its pod finds it with its next heartbeat.
redis.pcall('PUBLISH', ARGV[4], 'abort-requested:' .. ARGV[3])
return { text(now), 'requested' }
