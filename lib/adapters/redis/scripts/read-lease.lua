--[[ Who leads, for display.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)

  Answers { 'held', holder, token, pttl, acquiredAt or '' } or { 'free' }
]]
local lease = redis.call('GET', KEYS[1])
if not lease then
  return { 'free' }
end
local holder, token = string.match(lease, '^(.*)|(%d+)$')
local term = redis.call('HMGET', KEYS[2], 'token', 'acquiredAt')
local acquiredAt = term[1] == token and term[2] or ''
return { 'held', holder or lease, token or '0', redis.call('PTTL', KEYS[1]), acquiredAt }
