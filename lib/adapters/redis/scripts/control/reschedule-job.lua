--[[ Gives a job another schedule than its own, or its own again.

  KEYS[1] job   KEYS[2] control   KEYS[3] jobs   (see README.md)
  ARGV[1] order, or '': its own   ARGV[2] channel of events   ARGV[3] job name

  Answers { now }
]]
-- When an order was given stands at its end: the same one again changes nothing.
local order = string.gsub(redis.call('HGET', KEYS[1], 'order') or '', ',"since":%d+}$', '}')
if order ~= ARGV[1] then
  -- pcall: one that was tampered with is begun anew.
  local orders = redis.pcall('HINCRBY', KEYS[2], 'orders', 1)
  if type(orders) ~= 'number' or orders < 0 or orders > 9e15 then
    redis.call('HSET', KEYS[2], 'orders', text(now))
  end
  if ARGV[1] == '' then
    redis.call('HDEL', KEYS[1], 'order')
  else
    -- So that it is found when the job is removed.
    redis.pcall('SADD', KEYS[3], ARGV[3])
    local given = string.gsub(ARGV[1], '}$', string.format(',"since":%s}', text(now)))
    redis.call('HSET', KEYS[1], 'order', given)
  end
end
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', ARGV[2], 'rescheduled')
return { text(now) }
