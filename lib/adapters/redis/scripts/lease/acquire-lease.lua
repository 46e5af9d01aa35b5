--[[ Acquires the lease, or answers who has it.

  KEYS
    lease        string "<candidateId>|<token>", PX ttl
    term         hash   holder, token, acquiredAt, renewedAt, expiresAt, resigned, presence (1: the holder's
                        subscription was seen), missingSince   (server time, ms; no TTL)
    fence        string the last token handed out
    pods         hash   see pod-notes.lua
    control      hash   see README.md
    candidates, page    see candidate-notes.lua, and probers.lua
    then the job (hash) of each job whose watermark is requested

  ARGV      candidate id, ttl (ms), prefix of the presence channels, '1': a holder whose subscription is gone may be
            followed at once, how long it must be gone (ms), channel of events, highest token of a term that the
            candidate has ended (none up to it is handed out again, a new one is), its rank among those that want to
            probe after due ticks (see probers.lua) or '': it does not, ms that the clock of the candidate is ahead or '',
            its version, then as in candidacy.lua

  Answers
    { now, 'acquired', token, acquiredAt, '1': its presence is seen }
                                            the lease is the candidate's, new or refreshed (a lost reply)
    { now, 'held', holder, token, pttl, presence, missing, probes, overrides, changes, rival, kept, hand-overs,
      watermark, schedule, watermark, schedule, … }
        token 0: the key was set manually; missing: ms until the holder's absence has lasted, '' if it is not absent;
        probes: '1' if the candidate has to probe after due ticks
    { now, 'wait', ms }                     free, but its last term has neither expired nor resigned: the key was
                                            deleted or evicted, and its holder may still trust it
]]
local keys, args, watched = arguments({
  keys = { 'lease', 'term', 'fence', 'pods', 'control', 'candidates', 'page' },
  args = { 'candidateId', 'ttlMs', 'alive', 'evidence', 'goneMs', 'events', 'endedToken', 'rank', 'aheadMs', 'version',
    'jobSet', 'state', 'distrustedUntil', 'rival', 'awayMs', 'pageBytes', 'pageAgeMs', 'intervalMs', 'ownTtlMs' },
  itemKeys = { 'job' },
})
local candidate, ttl, goneMs = args.candidateId, tonumber(args.ttlMs), tonumber(args.goneMs)

-- pcall: an ACL or a proxy may forbid PUBSUB; then no holder is seen, and none is missed.
local subscribers = function(id)
  local reply = redis.pcall('PUBSUB', 'NUMSUB', args.alive .. id)
  return type(reply) == 'table' and not reply.err and tonumber(reply[2]) or nil
end
local presence = function() return (subscribers(candidate) or 0) > 0 and '1' or '0' end

-- The lease, its holder and its token; without a holder it is a key that was set manually. nil: it is free.
local readLease = function()
  local value = redis.pcall('GET', keys.lease)
  if type(value) == 'table' then
    -- The next leader replaces it.
    invalid(keys.lease, '', 'a key of another type', 'repaired')
    return nil
  end
  if not value then
    return nil
  end
  local holder, token = holderOf(value)
  local isEndless = redis.call('PTTL', keys.lease) < 0
  if isEndless then
    -- No lease of ours is without an end: it gets one, so that it holds up the jobs for one ttl and not for ever.
    redis.call('PEXPIRE', keys.lease, ttl)
    invalid(keys.lease, '', value, 'clamped')
  elseif not holder then
    invalid(keys.lease, '', value, 'ignored')
  end
  return { value = value, holder = holder, token = token, isReported = isEndless or not holder }
end

-- How long a term may still be trusted by its holder, though its key is gone: one ttl at most. Its holder may have
-- another ttl than the one that asks, as in a rolling update that changes it: the last renewal says which.
local LONGEST_TERM = 600000
local termLeft = function()
  local term = fieldsOf(keys.term, 'expiresAt', 'resigned', 'renewedAt')
  local expiresAt = numberOf(keys.term, 'expiresAt', term[1], nil, 'repaired') or 0
  if term[2] == '1' or expiresAt <= now then
    return 0
  end
  local own = expiresAt - (whole(term[3]) or 0)
  local longest = own <= LONGEST_TERM and math.max(ttl, own) or ttl
  if expiresAt > now + longest then
    invalid(keys.term, 'expiresAt', term[1], 'clamped')
    redis.call('HSET', keys.term, 'expiresAt', text(now + longest))
    return longest
  end
  return expiresAt - now
end

-- The rest of a lease, ms. Redis stores when a key expires: after its clock was set back, a lease would outlive the
-- trust of its holder by as much. Its last renewal says for how long it was set; where the term has the same end, only
-- that renewal has set it. It is then shortened to that time: no holder trusts it for longer.
local leaseLeft = function(lease, term)
  local left, renewedAt, expiresAt = redis.call('PTTL', keys.lease), whole(term[3]), whole(term[6])
  if term[2] ~= lease.token or not renewedAt or not expiresAt or math.abs(expiresAt - now - left) > 1000 then
    return left
  end
  local longest = math.max(ttl, expiresAt - renewedAt)
  if longest > LONGEST_TERM or left <= longest + SLACK then
    return left
  end
  invalid(keys.lease, '', lease.value, 'clamped')
  redis.call('PEXPIRE', keys.lease, longest)
  redis.call('HSET', keys.term, 'renewedAt', nowText, 'expiresAt', text(now + longest))
  return longest
end

-- Reports values of the term that ended that no script of ours writes, before the next term replaces it.
local checkTerm = function()
  -- Deleted here if it is of another type.
  sizeOf('HLEN', keys.term, true)
  local term = redis.call('HMGET', keys.term, 'acquiredAt', 'renewedAt', 'missingSince', 'resigned', 'presence')
  for at, field in ipairs({ 'acquiredAt', 'renewedAt', 'missingSince' }) do
    numberOf(keys.term, field, term[at], now + SLACK, 'repaired')
  end
  for at, field in ipairs({ 'resigned', 'presence' }) do
    numberOf(keys.term, field, term[at + 3], 1, 'repaired')
  end
end

-- A token that is higher than each that is known: what one of the keys has lost, or has wrong, stands in another one.
-- At least the server's time: a replica promoted without the last token still hands out a higher one.
local nextToken = function(held)
  local fence = redis.pcall('GET', keys.fence)
  if type(fence) == 'table' then
    fence = 'a key of another type'
  end
  local last = numberOf(keys.fence, '', fence, LAST_TOKEN, 'repaired') or 0
  local term = numberOf(keys.term, 'token', redis.call('HMGET', keys.term, 'token')[1], LAST_TOKEN, 'repaired') or 0
  return text(math.max(last + 1, term + 1, (whole(held) or 0) + 1, now))
end

-- Where a job stands; 0 where that cannot be read, so that the job counts as overdue until its leader has repaired it.
local standOf = function(key)
  local job = fieldsOf(key, 'hwm', 'schedule', 'barredAt')
  if not job[1] then
    return '', ''
  end
  -- A leader that waits for a run of an earlier term does what it should.
  local blockedAt = numberOf(key, 'barredAt', job[3], now + SLACK) or 0
  return text(math.max(whole(job[1]) or 0, blockedAt)), bounded(job[2] or '')
end

-- The lease is the candidate's: the reply was lost.
local refresh = function(token)
  sizeOf('HLEN', keys.term, true)
  local present = presence()
  redis.call('PEXPIRE', keys.lease, ttl)
  redis.call('HSET', keys.term, 'renewedAt', nowText, 'expiresAt', text(now + ttl), 'presence', present)
  redis.call('HDEL', keys.term, 'missingSince')
  local acquiredAt = numberOf(keys.term, 'acquiredAt', redis.call('HGET', keys.term, 'acquiredAt'), now + SLACK)
  return { stamp(), 'acquired', token, text(acquiredAt or now), present }
end

-- ms until the absence of a holder has lasted; '' if it is not absent. One finding may be a reconnect under way; the
-- same one later is a process that is gone. A holder that lives is notified of the first one, and its renewal clears
-- it: with a connection of its own for presence it may not know that this one has dropped.
local absenceLeft = function(holder, token, missingSince)
  if subscribers(holder) ~= 0 then
    if missingSince then
      redis.call('HDEL', keys.term, 'missingSince')
    end
    return ''
  end
  local since = numberOf(keys.term, 'missingSince', missingSince, now, 'repaired')
  if not since then
    redis.call('HSET', keys.term, 'missingSince', nowText)
    redis.pcall('PUBLISH', args.events, 'holder-missing:' .. token)
  end
  return text(math.max(0, (since or now) + goneMs - now))
end

-- '1': the candidate has to probe after due ticks. One that shuts down does not stand by. One that is not noted probes
-- without a position, as before 0.6: no time is known after which it would be away.
local probes = function(holder)
  local awayMs = tonumber(args.awayMs) or 0
  if args.rank ~= '' and args.state ~= 'draining' then
    return awayMs > 0 and takePosition(keys.candidates, candidate, args.rank, holder, awayMs) or '1'
  end
  leavePosition(keys.candidates, candidate)
  return '0'
end

local heldReply = function(holder, token, leftMs, present, missing, news)
  local overrides = numberOf(keys.control, 'orders', fieldsOf(keys.control, 'orders')[1]) or 0
  local reply = { '', 'held', holder, token, leftMs, present, missing, probes(holder), text(overrides),
    news[1], news[2], news[3], news[4] }
  for item in watched do
    for _, word in ipairs({ standOf(item.job) }) do
      table.insert(reply, word)
    end
  end
  reply[1] = stamp()
  return reply
end

-- The answer for a candidate that may not have the lease; nil: it may.
local follow = function(lease, news)
  local holder, token = lease.holder, lease.token
  local term = fieldsOf(keys.term, 'holder', 'token', 'renewedAt', 'presence', 'missingSince', 'expiresAt')
  -- Of a term that the candidate has ended.
  local isOwn = holder == candidate
  local isManual = not holder or not isOwn and isSetManually(keys.fence, holder, token, term)
  if isManual and not lease.isReported then
    invalid(keys.lease, '', lease.value, 'ignored')
  end
  local leftMs = not isManual and not isOwn and leaseLeft(lease, term) or redis.call('PTTL', keys.lease)
  local isPresent = not isManual and term[2] == token and term[4] == '1'
  local missing = isPresent and args.evidence == '1' and not isOwn and absenceLeft(holder, token, term[5]) or ''
  if missing == '0' or isOwn then
    return nil
  end
  return heldReply(holder or string.sub(lease.value, 1, 200), isManual and '0' or token, leftMs,
    isPresent and '1' or '0', missing, news)
end

local wait = function()
  local leftMs = termLeft()
  return leftMs > 0 and { stamp(), 'wait', text(leftMs) } or nil
end

local grant = function(held)
  checkTerm()
  local token, present = nextToken(held), presence()
  redis.call('SET', keys.fence, token)
  redis.call('HSET', keys.term, 'holder', candidate, 'token', token, 'acquiredAt', nowText, 'renewedAt', nowText,
    'expiresAt', text(now + ttl), 'resigned', '0', 'presence', present)
  redis.call('HDEL', keys.term, 'missingSince')
  redis.call('SET', keys.lease, candidate .. '|' .. token, 'PX', ttl)
  return { stamp(), 'acquired', token, nowText, present }
end

local lease = readLease()
notePod(keys.pods, args)
local news = noteCandidate(keys, args)
if not lease then
  return wait() or grant()
end
if lease.holder == candidate and tonumber(lease.token) > tonumber(args.endedToken) then
  return refresh(lease.token)
end
return follow(lease, news) or grant(lease.token)
