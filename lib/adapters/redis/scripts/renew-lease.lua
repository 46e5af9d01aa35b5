--[[ Extends the lease of exactly this term. A lease that is gone is never re-created: the term was lost.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)   KEYS[3] unfinished runs, zset   KEYS[4] requests, hash
  KEYS[5] control, hash   (see run-records.lua)   KEYS[6] pods   (see pod-notes.lua)
  KEYS[7] candidates   KEYS[8] page   (see candidate-notes.lua)
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] ttl, ms   ARGV[4] prefix of the presence channels
  ARGV[5] ms that the candidate's clock is ahead, or ''   ARGV[6] its version
  ARGV[7…13] see noteCandidate in candidate-notes.lua

  Answers { now, 'renewed', number of unfinished runs, number of requests, orders, '1': asked to resign, changes, rival, kept,
          hand-overs } or { now, 'lost' }
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
notePod(KEYS[6], ARGV[1], text(now), ARGV[5], ARGV[6])
forgetPods(KEYS[6], now)
local news = noteCandidate(KEYS[7], KEYS[8], ARGV[1], text(now), 7)
-- pcall: where a key was tampered with nothing is asked for, and the lease is kept all the same.
local requests = redis.pcall('HLEN', KEYS[4])
local control = redis.pcall('HMGET', KEYS[5], 'orders', 'resign')
return { text(now), 'renewed', redis.call('ZCARD', KEYS[3]), type(requests) == 'number' and requests or 0,
  tonumber(control[1] or '') or 0, control[2] == ARGV[2] and '1' or '0', news[1], news[2], news[3], news[4] }
