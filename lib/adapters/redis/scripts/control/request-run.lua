--[[ Requests a run beside the schedule.

  KEYS      requests, job, runs   (see README.md)
  ARGV      handle, job name, channel of events
  Answers   { now, tick }
]]
local keys, args = arguments({ keys = { 'requests', 'job', 'runs' }, args = { 'handle', 'name', 'channel' } })

-- A request that was repeated on its way may come when it was decided long ago: while its run has not ended, and as
-- long as the job remembers it.
local decidedAt = function()
  local suffix = '@' .. args.handle
  local last = redis.call('HGET', keys.job, 'lastManual')
  local slot = last and string.match(last, '^([^|]*)|') or ''
  if string.sub(slot, -#suffix) == suffix then
    return string.match(slot, '^%-?%d+')
  end
  return redis.call('HGET', keys.runs, suffix)
end

local standing = redis.call('HGET', keys.requests, args.handle)
local tick = standing and string.match(standing, '^(%d+)|') or decidedAt()
if tick and not standing then
  return { nowText, tick }
end
tick = tick or nowText
redis.call('HSET', keys.requests, args.handle, tick .. '|' .. args.name)
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', args.channel, 'run-requested')
return { nowText, tick }
