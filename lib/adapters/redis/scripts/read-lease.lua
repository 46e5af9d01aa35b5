--[[ Who leads, for display.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)

  Answers { now, 'held', holder, token, pttl, acquiredAt or '' } or { now, 'free' }
]]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local lease = redis.call('GET', KEYS[1])
if not lease then
  return { now, 'free' }
end
local holder, token = string.match(lease, '^(.*)|(%d+)$')
local term = redis.call('HMGET', KEYS[2], 'token', 'acquiredAt')
local acquiredAt = term[1] == token and term[2] or ''
return { now, 'held', holder or lease, token or '0', redis.call('PTTL', KEYS[1]), acquiredAt }
