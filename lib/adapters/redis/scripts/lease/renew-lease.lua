--[[ Extends the lease of exactly this term. A lease that is gone is never created again: the term was lost.

  KEYS      lease, term   (see acquire-lease.lua), unfinished, requests, control   (see README.md),
            pods   (see pod-notes.lua), candidates, page   (see candidate-notes.lua), jobs
  ARGV      candidate id, token, ttl (ms), prefix of the presence channels, ms that the clock of the candidate is ahead
            or '', its version, then as in candidacy.lua
  Answers   { now, 'renewed', number of unfinished runs, number of requests, overrides, '1': requested to resign, number
            of jobs of which something is kept, '1': the presence of the holder is seen, changes, rival, kept,
            hand-overs } or { now, 'lost' }
]]
local keys, args = arguments({
  keys = { 'lease', 'term', 'unfinished', 'requests', 'control', 'pods', 'candidates', 'page', 'jobs' },
  args = { 'candidateId', 'token', 'ttlMs', 'alive', 'aheadMs', 'version', 'jobSet', 'state', 'distrustedUntil', 'rival',
    'awayMs', 'pageBytes', 'pageAgeMs', 'intervalMs', 'ownTtlMs' },
})
local lease = redis.pcall('GET', keys.lease)
if lease ~= args.candidateId .. '|' .. args.token then
  if type(lease) == 'table' then
    invalid(keys.lease, '', 'a key of another type', 'ignored')
  end
  return { stamp(), 'lost' }
end

-- The lease says who leads: a term that says anything else is repaired.
local repairTerm = function()
  sizeOf('HLEN', keys.term, true)
  local term = redis.call('HMGET', keys.term, 'holder', 'token', 'resigned', 'acquiredAt', 'renewedAt', 'expiresAt')
  local sound = { args.candidateId, args.token, '0' }
  for at, field in ipairs({ 'holder', 'token', 'resigned' }) do
    if term[at] ~= sound[at] then
      if term[at] then
        invalid(keys.term, field, term[at], 'repaired')
      end
      redis.call('HSET', keys.term, field, sound[at])
    end
  end
  if not numberOf(keys.term, 'acquiredAt', term[4], now + SLACK, 'repaired') then
    redis.call('HSET', keys.term, 'acquiredAt', nowText)
  end
  numberOf(keys.term, 'renewedAt', term[5], now + SLACK, 'repaired')
  numberOf(keys.term, 'expiresAt', term[6], now + args.ttlMs + SLACK, 'repaired')
end

local extend = function()
  -- pcall: where PUBSUB is forbidden, the lease works by its ttl alone.
  local seen = redis.pcall('PUBSUB', 'NUMSUB', args.alive .. args.candidateId)
  local isPresent = type(seen) == 'table' and not seen.err and (tonumber(seen[2]) or 0) > 0
  local present = isPresent and '1' or '0'
  redis.call('PEXPIRE', keys.lease, args.ttlMs)
  repairTerm()
  redis.call('HSET', keys.term, 'renewedAt', nowText, 'expiresAt', text(now + args.ttlMs),
    'presence', present)
  redis.call('HDEL', keys.term, 'missingSince')
  return present
end

-- The count of overrides, and whether it is requested that this term ends.
local readControl = function()
  local control = redis.pcall('HMGET', keys.control, 'orders', 'resign')
  if control.err then
    sizeOf('HLEN', keys.control, true)
    control = {}
  end
  numberOf(keys.control, 'resign', control[2])
  local overrides = numberOf(keys.control, 'orders', control[1], 9e15, 'repaired') or 0
  if control[1] and overrides == 0 and control[1] ~= '0' then
    redis.call('HSET', keys.control, 'orders', nowText)
    overrides = now
  end
  return text(overrides), control[2] == args.token and '1' or '0'
end

local present = extend()
-- The lease is kept, even if a step below fails.
notePod(keys.pods, args)
removePods(keys.pods)
local news = noteCandidate(keys, args)
local overrides, shouldResign = readControl()
local unfinished, requests = sizeOf('ZCARD', keys.unfinished, true), sizeOf('HLEN', keys.requests, true)
-- pcall: where an ACL forbids SCARD, nothing of removed jobs is found.
local jobs = redis.pcall('SCARD', keys.jobs)
return { stamp(), 'renewed', unfinished, requests, overrides, shouldResign, type(jobs) == 'number' and jobs or 0,
  present, news[1], news[2], news[3], news[4] }
