--[[ Asks for the lease.

  KEYS[1] lease   string "<candidateId>|<token>", PX ttl
  KEYS[2] term    hash   holder, token, acquiredAt, renewedAt, expiresAt, resigned, presence (1: the holder's
                         subscription was seen), missingSince   (server time, ms; no TTL)
  KEYS[3] fence   string the last token handed out
  KEYS[4] pods    hash   see pod-notes.lua   KEYS[5] control   hash   see run-records.lua
  KEYS[6] candidates   KEYS[7] page   (see candidate-notes.lua)
  KEYS[8…] job    hash   of each job whose mark is asked for

  ARGV[1] candidate id   ARGV[2] ttl, ms   ARGV[3] prefix of the presence channels
  ARGV[4] 1: a holder whose subscription is gone may be followed at once   ARGV[5] how long it must be gone, ms
  ARGV[6] highest token of a term that the candidate has ended: none up to it is given back, a new one is
  ARGV[7] ms that the candidate's clock is ahead, or ''   ARGV[8] its version
  ARGV[9…15] see noteCandidate in candidate-notes.lua

  Answers { now, 'acquired', token, acquiredAt }  the lease is the candidate's, new or refreshed (a lost reply)
          { now, 'held', holder, token, pttl, presence, missing, orders, changes, rival, kept, hand-overs,
            mark, schedule, mark, schedule, … }
              pttl -1: it does not expire; missing: ms until the holder's absence has lasted, '' if it is not absent
          { now, 'wait', ms }                     free, but its last term has neither expired nor resigned: the
                                                  key was deleted or evicted, and its holder may still trust it
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local candidate, ttl, goneMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local text = function(number) return string.format('%.0f', number) end

-- pcall: an ACL or a proxy may forbid PUBSUB; then nobody is seen, and nobody is missed.
local subscribers = function(id)
  local reply = redis.pcall('PUBSUB', 'NUMSUB', ARGV[3] .. id)
  return type(reply) == 'table' and not reply.err and tonumber(reply[2]) or nil
end
local presence = function() return (subscribers(candidate) or 0) > 0 and '1' or '0' end

local lease = redis.call('GET', KEYS[1])
notePod(KEYS[4], candidate, text(now), ARGV[7], ARGV[8])
local news = noteCandidate(KEYS[6], KEYS[7], candidate, text(now), 9)
if lease then
  local holder, token = string.match(lease, '^(.*)|(%d+)$')
  if holder == candidate and tonumber(token) > tonumber(ARGV[6]) then
    redis.call('PEXPIRE', KEYS[1], ttl)
    redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + ttl), 'presence', presence())
    return { text(now), 'acquired', token, redis.call('HGET', KEYS[2], 'acquiredAt') or text(now) }
  end
  local term = redis.call('HMGET', KEYS[2], 'token', 'presence', 'missingSince')
  local present = holder and term[1] == token and term[2] == '1'
  local mine = holder == candidate
  local missing = ''
  if present and ARGV[4] == '1' and not mine then
    local seen = subscribers(holder)
    if seen == 0 then
      -- One finding may be a reconnect under way; the same one later is a process that is gone.
      local since = tonumber(term[3] or text(now))
      missing = text(math.max(0, since + goneMs - now))
      if not term[3] then redis.call('HSET', KEYS[2], 'missingSince', text(now)) end
    elseif term[3] then
      redis.call('HDEL', KEYS[2], 'missingSince')
    end
  end
  if missing ~= '0' and not mine then
    -- pcall: where the key has been tampered with, no order was given.
    local orders = tonumber(redis.pcall('HMGET', KEYS[5], 'orders')[1] or '') or 0
    local reply = { text(now), 'held', holder or lease, token or '0', redis.call('PTTL', KEYS[1]),
      present and '1' or '0', missing, text(orders), news[1], news[2], news[3], news[4] }
    for index = 8, #KEYS do
      -- pcall: where a key has been tampered with, nothing is known of that job.
      local job = redis.pcall('HMGET', KEYS[index], 'hwm', 'schedule', 'barredAt')
      -- A leader that waits for a run of an earlier term does what it should.
      table.insert(reply, job[1] and text(math.max(tonumber(job[1]) or 0, tonumber(job[3] or '') or 0)) or '')
      table.insert(reply, job[2] or '')
    end
    return reply
  end
else
  local term = redis.call('HMGET', KEYS[2], 'expiresAt', 'resigned')
  local expiresAt = tonumber(term[1] or '0')
  if term[2] ~= '1' and expiresAt > now then
    return { text(now), 'wait', text(expiresAt - now) }
  end
end

-- At least the server's time: a replica promoted without the last token still hands out a higher one.
local token = text(math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, now))
redis.call('SET', KEYS[3], token)
redis.call('HSET', KEYS[2], 'holder', candidate, 'token', token, 'acquiredAt', text(now), 'renewedAt', text(now),
  'expiresAt', text(now + ttl), 'resigned', '0', 'presence', presence())
redis.call('HDEL', KEYS[2], 'missingSince')
redis.call('SET', KEYS[1], candidate .. '|' .. token, 'PX', ttl)
return { text(now), 'acquired', token, text(now) }
