--[[ Extends the lease of exactly this term. A lease that is gone is never re-created: the term was lost.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)   KEYS[3] unfinished runs, zset   KEYS[4] requests, hash
  KEYS[5] control, hash   (see README.md)   KEYS[6] pods   (see pod-notes.lua)
  KEYS[7] candidates   KEYS[8] page   (see candidate-notes.lua)   KEYS[9] jobs
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] ttl, ms   ARGV[4] prefix of the presence channels
  ARGV[5] ms that the candidate's clock is ahead, or ''   ARGV[6] its version
  ARGV[7…15] see noteCandidate in candidate-notes.lua

  Answers { now, 'renewed', number of unfinished runs, number of requests, orders, '1': asked to resign, number of jobs
          of which something is kept, changes, rival, kept, hand-overs } or { now, 'lost' }
]]
local lease = redis.pcall('GET', KEYS[1])
if lease ~= ARGV[1] .. '|' .. ARGV[2] then
  if type(lease) == 'table' then
    invalid(KEYS[1], '', 'a key of another type', 'ignored')
  end
  return { stamp(), 'lost' }
end
-- pcall: where PUBSUB is forbidden, the lease works by its ttl alone.
local seen = redis.pcall('PUBSUB', 'NUMSUB', ARGV[4] .. ARGV[1])
local present = type(seen) == 'table' and not seen.err and (tonumber(seen[2]) or 0) > 0
redis.call('PEXPIRE', KEYS[1], ARGV[3])

-- The lease says who leads: a term that says anything else is repaired.
sizeOf('HLEN', KEYS[2], true)
local term = redis.call('HMGET', KEYS[2], 'holder', 'token', 'resigned', 'acquiredAt', 'renewedAt', 'expiresAt')
for at, field in ipairs({ 'holder', 'token', 'resigned' }) do
  local sound = at == 3 and '0' or ARGV[at]
  if term[at] ~= sound then
    if term[at] then
      invalid(KEYS[2], field, term[at], 'repaired')
    end
    redis.call('HSET', KEYS[2], field, sound)
  end
end
if not numberOf(KEYS[2], 'acquiredAt', term[4], now + SLACK, 'repaired') then
  redis.call('HSET', KEYS[2], 'acquiredAt', text(now))
end
numberOf(KEYS[2], 'renewedAt', term[5], now + SLACK, 'repaired')
numberOf(KEYS[2], 'expiresAt', term[6], now + ARGV[3] + SLACK, 'repaired')
redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + ARGV[3]), 'presence', present and '1' or '0')
redis.call('HDEL', KEYS[2], 'missingSince')

notePod(KEYS[6], ARGV[1], text(now), ARGV[5], ARGV[6])
forgetPods(KEYS[6], now)
local news = noteCandidate(KEYS[7], KEYS[8], ARGV[1], text(now), 7)
-- Whatever becomes of what rides along, the lease is kept.
local control = redis.pcall('HMGET', KEYS[5], 'orders', 'resign')
if control.err then
  sizeOf('HLEN', KEYS[5], true)
  control = {}
end
numberOf(KEYS[5], 'resign', control[2])
local orders = numberOf(KEYS[5], 'orders', control[1], 9e15, 'repaired') or 0
if control[1] and orders == 0 and control[1] ~= '0' then
  redis.call('HSET', KEYS[5], 'orders', text(now))
  orders = now
end
local unfinished, requests = sizeOf('ZCARD', KEYS[3], true), sizeOf('HLEN', KEYS[4], true)
-- pcall: where an ACL forbids SCARD, nothing of removed jobs is found.
local jobs = redis.pcall('SCARD', KEYS[9])
return { stamp(), 'renewed', unfinished, requests, text(orders), control[2] == ARGV[2] and '1' or '0',
  type(jobs) == 'number' and jobs or 0, news[1], news[2], news[3], news[4] }
