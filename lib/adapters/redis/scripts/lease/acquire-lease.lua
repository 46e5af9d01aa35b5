--[[ Asks for the lease.

  KEYS[1] lease   string "<candidateId>|<token>", PX ttl
  KEYS[2] term    hash   holder, token, acquiredAt, renewedAt, expiresAt, resigned, presence (1: the holder's
                         subscription was seen), missingSince   (server time, ms; no TTL)
  KEYS[3] fence   string the last token handed out
  KEYS[4] pods    hash   see pod-notes.lua   KEYS[5] control   hash   see README.md
  KEYS[6] candidates   KEYS[7] page   (see candidate-notes.lua)
  KEYS[8…] job    hash   of each job whose mark is asked for

  ARGV[1] candidate id   ARGV[2] ttl, ms   ARGV[3] prefix of the presence channels
  ARGV[4] 1: a holder whose subscription is gone may be followed at once   ARGV[5] how long it must be gone, ms
  ARGV[6] highest token of a term that the candidate has ended: none up to it is given back, a new one is
  ARGV[7] ms that the candidate's clock is ahead, or ''   ARGV[8] its version
  ARGV[9…17] see noteCandidate in candidate-notes.lua

  Answers { now, 'acquired', token, acquiredAt }  the lease is the candidate's, new or refreshed (a lost reply)
          { now, 'held', holder, token, pttl, presence, missing, orders, changes, rival, kept, hand-overs,
            mark, schedule, mark, schedule, … }
              token 0: the key was set by hand; missing: ms until the holder's absence has lasted, '' if it is not absent
          { now, 'wait', ms }                     free, but its last term has neither expired nor resigned: the
                                                  key was deleted or evicted, and its holder may still trust it
]]
local candidate, ttl, goneMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])

-- pcall: an ACL or a proxy may forbid PUBSUB; then nobody is seen, and nobody is missed.
local subscribers = function(id)
  local reply = redis.pcall('PUBSUB', 'NUMSUB', ARGV[3] .. id)
  return type(reply) == 'table' and not reply.err and tonumber(reply[2]) or nil
end
local presence = function() return (subscribers(candidate) or 0) > 0 and '1' or '0' end

-- The lease, its holder and its token; without a holder it is a key that was set by hand. Last: whether it is reported.
local readLease = function()
  local lease = redis.pcall('GET', KEYS[1])
  if type(lease) == 'table' then
    -- Whoever leads next replaces it.
    invalid(KEYS[1], '', 'a key of another type', 'repaired')
    return nil
  end
  if not lease then
    return nil
  end
  local holder, token = holderOf(lease)
  local isEndless = redis.call('PTTL', KEYS[1]) < 0
  if isEndless then
    -- No lease of ours is without an end: it gets one, so that it holds up the jobs for one ttl and not for ever.
    redis.call('PEXPIRE', KEYS[1], ttl)
    invalid(KEYS[1], '', lease, 'clamped')
  elseif not holder then
    invalid(KEYS[1], '', lease, 'ignored')
  end
  return lease, holder, token, isEndless or not holder
end

-- How long a term may still be trusted by its holder, though its key is gone: one ttl at most. Its holder may have
-- another ttl than the one that asks, as in a rolling update that changes it: the last renewal says which.
local LONGEST_TERM = 600000
local termLeft = function()
  local term = fieldsOf(KEYS[2], 'expiresAt', 'resigned', 'renewedAt')
  local expiresAt = numberOf(KEYS[2], 'expiresAt', term[1], nil, 'repaired') or 0
  if term[2] == '1' or expiresAt <= now then
    return 0
  end
  local own = expiresAt - (whole(term[3]) or 0)
  local longest = own <= LONGEST_TERM and math.max(ttl, own) or ttl
  if expiresAt > now + longest then
    invalid(KEYS[2], 'expiresAt', term[1], 'clamped')
    redis.call('HSET', KEYS[2], 'expiresAt', text(now + longest))
    return longest
  end
  return expiresAt - now
end

-- What is left of a lease, ms. Redis stores when a key expires: after its clock was set back, a lease would outlive the
-- trust of its holder by as much. Its last renewal says for how long it was set; where the term says the same of its end,
-- nobody but that renewal has set it, and it is brought back to that from now on: no holder trusts it for longer.
local leaseLeft = function(lease, token, term)
  local left, renewedAt, expiresAt = redis.call('PTTL', KEYS[1]), whole(term[3]), whole(term[6])
  if term[2] ~= token or not renewedAt or not expiresAt or math.abs(expiresAt - now - left) > 1000 then
    return left
  end
  local longest = math.max(ttl, expiresAt - renewedAt)
  if longest > LONGEST_TERM or left <= longest + SLACK then
    return left
  end
  invalid(KEYS[1], '', lease, 'clamped')
  redis.call('PEXPIRE', KEYS[1], longest)
  redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + longest))
  return longest
end

-- Reports what the term that ended says and no script of ours writes, before the next one takes its place.
local checkTerm = function()
  -- Deleted here if it is of another type.
  sizeOf('HLEN', KEYS[2], true)
  local term = redis.call('HMGET', KEYS[2], 'acquiredAt', 'renewedAt', 'missingSince', 'resigned', 'presence')
  for at, field in ipairs({ 'acquiredAt', 'renewedAt', 'missingSince' }) do
    numberOf(KEYS[2], field, term[at], now + SLACK, 'repaired')
  end
  for at, field in ipairs({ 'resigned', 'presence' }) do
    numberOf(KEYS[2], field, term[at + 3], 1, 'repaired')
  end
end

-- A token that is higher than each that is known: what one of the keys has lost, or has wrong, stands in another one.
-- At least the server's time: a replica promoted without the last token still hands out a higher one.
local nextToken = function(held)
  local fence = redis.pcall('GET', KEYS[3])
  if type(fence) == 'table' then
    fence = 'a key of another type'
  end
  local last = numberOf(KEYS[3], '', fence, LAST_TOKEN, 'repaired') or 0
  local term = numberOf(KEYS[2], 'token', redis.call('HMGET', KEYS[2], 'token')[1], LAST_TOKEN, 'repaired') or 0
  return text(math.max(last + 1, term + 1, (whole(held) or 0) + 1, now))
end

-- Where a job stands; 0 where that cannot be read, so that the job counts as overdue until its leader has repaired it.
local markOf = function(key)
  local job = fieldsOf(key, 'hwm', 'schedule', 'barredAt')
  if not job[1] then
    return '', ''
  end
  -- A leader that waits for a run of an earlier term does what it should.
  local barredAt = numberOf(key, 'barredAt', job[3], now + SLACK) or 0
  return text(math.max(whole(job[1]) or 0, barredAt)), bounded(job[2] or '')
end

local lease, holder, token, isReported = readLease()
notePod(KEYS[4], candidate, text(now), ARGV[7], ARGV[8])
local news = noteCandidate(KEYS[6], KEYS[7], candidate, text(now), 9)
if lease then
  if holder == candidate and tonumber(token) > tonumber(ARGV[6]) then
    sizeOf('HLEN', KEYS[2], true)
    redis.call('PEXPIRE', KEYS[1], ttl)
    redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + ttl), 'presence', presence())
    local acquiredAt = numberOf(KEYS[2], 'acquiredAt', redis.call('HGET', KEYS[2], 'acquiredAt'), now + SLACK)
    return { stamp(), 'acquired', token, text(acquiredAt or now) }
  end
  local term = fieldsOf(KEYS[2], 'holder', 'token', 'renewedAt', 'presence', 'missingSince', 'expiresAt')
  local mine = holder == candidate
  local isByHand = not holder or not mine and isSetByHand(KEYS[3], holder, token, term)
  if isByHand and not isReported then
    invalid(KEYS[1], '', lease, 'ignored')
  end
  local leftMs = not isByHand and not mine and leaseLeft(lease, token, term) or redis.call('PTTL', KEYS[1])
  local present = not isByHand and term[2] == token and term[4] == '1'
  local missing = ''
  if present and ARGV[4] == '1' and not mine then
    local seen = subscribers(holder)
    if seen == 0 then
      -- One finding may be a reconnect under way; the same one later is a process that is gone.
      local since = numberOf(KEYS[2], 'missingSince', term[5], now, 'repaired')
      missing = text(math.max(0, (since or now) + goneMs - now))
      if not since then redis.call('HSET', KEYS[2], 'missingSince', text(now)) end
    elseif term[5] then
      redis.call('HDEL', KEYS[2], 'missingSince')
    end
  end
  if missing ~= '0' and not mine then
    local orders = numberOf(KEYS[5], 'orders', fieldsOf(KEYS[5], 'orders')[1]) or 0
    local reply = { '', 'held', holder or string.sub(lease, 1, 200), isByHand and '0' or token,
      leftMs, present and '1' or '0', missing, text(orders), news[1], news[2], news[3], news[4] }
    for index = 8, #KEYS do
      for _, word in ipairs({ markOf(KEYS[index]) }) do
        table.insert(reply, word)
      end
    end
    reply[1] = stamp()
    return reply
  end
else
  local leftMs = termLeft()
  if leftMs > 0 then
    return { stamp(), 'wait', text(leftMs) }
  end
end

checkTerm()
local granted = nextToken(token)
redis.call('SET', KEYS[3], granted)
redis.call('HSET', KEYS[2], 'holder', candidate, 'token', granted, 'acquiredAt', text(now), 'renewedAt', text(now),
  'expiresAt', text(now + ttl), 'resigned', '0', 'presence', presence())
redis.call('HDEL', KEYS[2], 'missingSince')
redis.call('SET', KEYS[1], candidate .. '|' .. granted, 'PX', ttl)
return { stamp(), 'acquired', granted, text(now) }
