--[[ Extends the lease of exactly this term. A lease that is gone is never re-created: the term was lost.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)   KEYS[3] unfinished runs, zset
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] ttl, ms   ARGV[4] prefix of the presence channels

  Answers { now, 'renewed', number of unfinished runs } or { now, 'lost' }
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local text = function(number) return string.format('%.0f', number) end
if redis.call('GET', KEYS[1]) ~= ARGV[1] .. '|' .. ARGV[2] then
  return { text(now), 'lost' }
end
-- pcall: where PUBSUB is forbidden, the lease works by its ttl alone.
local seen = redis.pcall('PUBSUB', 'NUMSUB', ARGV[4] .. ARGV[1])
local present = type(seen) == 'table' and not seen.err and (tonumber(seen[2]) or 0) > 0
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + ARGV[3]), 'presence', present and '1' or '0')
redis.call('HDEL', KEYS[2], 'missingSince')
return { text(now), 'renewed', redis.call('ZCARD', KEYS[3]) }
