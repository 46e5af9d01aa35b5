--[[ Asks the leader of a term to resign, because a person wants it.

  KEYS[1] control   (see README.md)
  ARGV[1] token of the term   ARGV[2] channel of events   ARGV[3] what is told there

  Answers { now }
]]
redis.call('HSET', KEYS[1], 'resign', ARGV[1])
-- pcall: where an ACL forbids the channel, the leader finds it with its next renewal.
redis.pcall('PUBLISH', ARGV[2], ARGV[3])
return { text(now) }
