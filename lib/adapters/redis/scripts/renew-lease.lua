--[[ Extends the lease of exactly this term. A lease that is gone is never re-created: the term was lost.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] ttl, ms

  Answers { 'renewed' } or { 'lost' }
]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { 'lost' }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], 'renewedAt', string.format('%.0f', now), 'expiresAt', string.format('%.0f', now + ARGV[3]))
return { 'renewed' }
