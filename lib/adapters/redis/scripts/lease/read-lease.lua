--[[ Reads who leads, for display.

  KEYS      lease, term, fence   (see acquire-lease.lua)
  ARGV      none
  Answers   { now, 'held', holder, token, pttl, acquiredAt or '' } or { now, 'free' }
            token 0: the key was set manually
]]
local keys = arguments({ keys = { 'lease', 'term', 'fence' }, args = {} })
local lease = redis.pcall('GET', keys.lease)
if type(lease) ~= 'string' then
  -- A key of another type is no lease.
  return { stamp(), 'free' }
end
local holder, token = holderOf(lease)
local term = fieldsOf(keys.term, 'holder', 'token', 'renewedAt', 'acquiredAt')
local isManual = not holder or isSetManually(keys.fence, holder, token, term)
local acquiredAt = not isManual and term[2] == token and whole(term[4], now + SLACK) and term[4] or ''
return { stamp(), 'held', holder or string.sub(lease, 1, 200), isManual and '0' or token, redis.call('PTTL', keys.lease),
  acquiredAt }
