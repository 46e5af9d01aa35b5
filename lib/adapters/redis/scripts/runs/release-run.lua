--[[ Releases a tick that was claimed or queued and never started. Safe to repeat.   (keys and records: see README.md)

  KEYS      unfinished, job, runs
  ARGV      job name, slot, run id, channel of events
  Answers   { now, 'released' } or { now, 'stale' }
]]
local keys, args = arguments({
  keys = { 'unfinished', 'job', 'runs' },
  args = { 'name', 'slot', 'runId', 'channel' },
})
local member = args.slot .. '|' .. args.name
sizeOf('ZCARD', keys.unfinished, true)
local isReadable, record = pcall(recordOf, keys.runs, args.slot)
if not isReadable then
  -- No pod holds a tick of a key of another type.
  sizeOf('HLEN', keys.runs)
  return { stamp(), 'stale' }
end
if not record or record.runId ~= args.runId then
  return { stamp(), 'stale' }
end
if record.state ~= 'claimed' and record.state ~= 'queued' then
  return { stamp(), record.state == 'released' and 'released' or 'stale' }
end

-- ZREM comes first: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', keys.unfinished, member)
redis.call('ZADD', keys.unfinished, 0, member)
redis.call('HDEL', keys.runs, '!' .. args.runId)
redis.call('HSET', keys.runs, args.slot,
  pack('released', args.runId, record.token, record.attempt, '', record.facts))
-- pcall: a job whose key has another type has no run lock to release.
pcall(releaseLock, { job = keys.job, runs = keys.runs, slot = args.slot, member = member }, record, args.channel)
if record.state == 'claimed' then
  count(keys.job, 'started', -1)
end
return { stamp(), 'released' }
