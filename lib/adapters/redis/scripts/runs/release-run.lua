--[[ Gives back a tick that was claimed or queued and never started. Safe to repeat.

  KEYS[1] unfinished   KEYS[2] job   KEYS[3] runs   (see README.md)
  ARGV[1] job name   ARGV[2] slot   ARGV[3] run id   ARGV[4] channel of events

  Answers { now, 'released' } or { now, 'stale' }
]]
local slot, runId = ARGV[2], ARGV[3]
local member = slot .. '|' .. ARGV[1]
sizeOf('ZCARD', KEYS[1], true)
local isReadable, record = pcall(recordOf, KEYS[3], slot)
if not isReadable then
  -- Of a key of another type nobody holds a tick.
  sizeOf('HLEN', KEYS[3])
  return { stamp(), 'stale' }
end
if not record or record.runId ~= runId then
  return { stamp(), 'stale' }
end
if record.state ~= 'claimed' and record.state ~= 'queued' then
  return { stamp(), record.state == 'released' and 'released' or 'stale' }
end

-- ZREM comes first: Redis lets a script that has written go on when memory is full.
redis.call('ZREM', KEYS[1], member)
redis.call('ZADD', KEYS[1], 0, member)
redis.call('HDEL', KEYS[3], '!' .. runId)
redis.call('HSET', KEYS[3], slot, pack('released', runId, record.token, record.attempt, '', record.facts))
-- A job whose key was tampered with has no run-lock to let go of.
pcall(letGo, { job = KEYS[2], runs = KEYS[3], slot = slot, member = member }, record, ARGV[4])
if record.state == 'claimed' then
  count(KEYS[2], 'started', -1)
end
return { stamp(), 'released' }
