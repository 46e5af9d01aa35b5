--[[ Who leads, for display.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)

  Answers { now, 'held', holder, token, pttl, acquiredAt or '' } or { now, 'free' }
]]
local lease = redis.pcall('GET', KEYS[1])
if type(lease) ~= 'string' then
  -- One of another type is nobody's.
  return { stamp(), 'free' }
end
local holder, token
if #lease <= 1000 then
  holder, token = string.match(lease, '^(.*)|(%d+)$')
end
if not whole(token) then
  holder, token = nil, nil
end
local term = fieldsOf(KEYS[2], 'token', 'acquiredAt')
local acquiredAt = term[1] == token and whole(term[2], now + SLACK) and term[2] or ''
return { stamp(), 'held', holder or string.sub(lease, 1, 200), token or '0', redis.call('PTTL', KEYS[1]), acquiredAt }
