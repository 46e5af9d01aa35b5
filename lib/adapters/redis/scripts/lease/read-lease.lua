--[[ Who leads, for display.

  KEYS[1] lease   KEYS[2] term   KEYS[3] fence   (see acquire-lease.lua)

  Answers { now, 'held', holder, token, pttl, acquiredAt or '' } or { now, 'free' }
              token 0: the key was set by hand
]]
local lease = redis.pcall('GET', KEYS[1])
if type(lease) ~= 'string' then
  -- One of another type is nobody's.
  return { stamp(), 'free' }
end
local holder, token = holderOf(lease)
local term = fieldsOf(KEYS[2], 'holder', 'token', 'renewedAt', 'acquiredAt')
local isByHand = not holder or isSetByHand(KEYS[3], holder, token, term)
local acquiredAt = not isByHand and term[2] == token and whole(term[4], now + SLACK) and term[4] or ''
return { stamp(), 'held', holder or string.sub(lease, 1, 200), isByHand and '0' or token, redis.call('PTTL', KEYS[1]),
  acquiredAt }
