--[[ Asks for the lease.

  KEYS[1] lease   string "<candidateId>|<token>", PX ttl
  KEYS[2] term    hash   holder, token, acquiredAt, renewedAt, expiresAt, resigned   (server time, ms; no TTL)
  KEYS[3] fence   string the last token handed out

  ARGV[1] candidate id   ARGV[2] ttl, ms

  Answers { 'acquired', token, acquiredAt }   the lease is the candidate's, new or refreshed (a lost reply)
          { 'held', holder, token, pttl }     pttl -1: the lease does not expire
          { 'wait', ms }                      free, but its last term has neither expired nor resigned: the key
                                              was deleted or evicted, and its holder may still trust it
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local candidate, ttl = ARGV[1], tonumber(ARGV[2])
local text = function(number) return string.format('%.0f', number) end

local lease = redis.call('GET', KEYS[1])
if lease then
  local holder, token = string.match(lease, '^(.*)|(%d+)$')
  if holder == candidate then
    redis.call('PEXPIRE', KEYS[1], ttl)
    redis.call('HSET', KEYS[2], 'renewedAt', text(now), 'expiresAt', text(now + ttl))
    return { 'acquired', token, redis.call('HGET', KEYS[2], 'acquiredAt') or text(now) }
  end
  return { 'held', holder or lease, token or '0', redis.call('PTTL', KEYS[1]) }
end

local term = redis.call('HMGET', KEYS[2], 'expiresAt', 'resigned')
local expiresAt = tonumber(term[1] or '0')
if term[2] ~= '1' and expiresAt > now then
  return { 'wait', text(expiresAt - now) }
end

-- At least the server's time: a replica promoted without the last token still hands out a higher one.
local token = text(math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, now))
redis.call('SET', KEYS[3], token)
redis.call('HSET', KEYS[2], 'holder', candidate, 'token', token, 'acquiredAt', text(now),
  'renewedAt', text(now), 'expiresAt', text(now + ttl), 'resigned', '0')
redis.call('SET', KEYS[1], candidate .. '|' .. token, 'PX', ttl)
return { 'acquired', token, text(now) }
