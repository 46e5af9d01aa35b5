--[[ Requests that a run that goes on ends.

  KEYS      unfinished, runs   (see README.md)
  ARGV      job name, slot, run id, channel of events
  Answers   { now, 'requested' } or { now, 'ended' }
]]
local keys, args = arguments({ keys = { 'unfinished', 'runs' }, args = { 'name', 'slot', 'runId', 'channel' } })
local record = recordOf(keys.runs, args.slot)
local score = redis.call('ZSCORE', keys.unfinished, args.slot .. '|' .. args.name)
if not record or record.state ~= 'claimed' or record.runId ~= args.runId or tonumber(score or '0') <= now then
  return { nowText, 'ended' }
end
redis.call('HSET', keys.runs, '!' .. args.runId, nowText)
-- pcall: where an ACL forbids the channel, its pod finds it with its next heartbeat.
redis.pcall('PUBLISH', args.channel, 'abort-requested:' .. args.runId)
return { nowText, 'requested' }
