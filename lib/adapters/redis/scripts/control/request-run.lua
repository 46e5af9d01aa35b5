--[[ Asks for a run beside the schedule.

  KEYS[1] requests   KEYS[2] job   KEYS[3] runs   (see README.md)
  ARGV[1] handle   ARGV[2] job name   ARGV[3] channel of events

  Answers { now, tick }
]]
-- A question that was repeated on its way may come when it has long been decided about: while its run has not ended,
-- and as long as the job remembers it.
local decidedAt = function()
  local place = '@' .. ARGV[1]
  local last = redis.call('HGET', KEYS[2], 'lastManual')
  local slot = last and string.match(last, '^([^|]*)|') or ''
  if string.sub(slot, -#place) == place then
    return string.match(slot, '^%-?%d+')
  end
  return redis.call('HGET', KEYS[3], place)
end

local standing = redis.call('HGET', KEYS[1], ARGV[1])
local tick = standing and string.match(standing, '^(%d+)|') or decidedAt()
if tick and not standing then
  return { text(now), tick }
end
tick = tick or text(now)
redis.call('HSET', KEYS[1], ARGV[1], tick .. '|' .. ARGV[2])
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', ARGV[3], 'run-requested')
return { text(now), tick }
