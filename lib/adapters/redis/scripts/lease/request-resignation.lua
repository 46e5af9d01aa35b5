--[[ Requests that the leader of a term resigns.

  KEYS      control   (see README.md)
  ARGV      token of the term, channel of events, the message for it
  Answers   { now }
]]
local keys, args = arguments({ keys = { 'control' }, args = { 'token', 'channel', 'message' } })
redis.call('HSET', keys.control, 'resign', args.token)
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', args.channel, args.message)
return { nowText }
