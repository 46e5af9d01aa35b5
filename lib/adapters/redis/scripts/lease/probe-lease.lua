--[[ Probes whether the holder of a term is there: two followers do after a due tick. Reads only, and as little as it can.

  KEYS      lease, term   (see acquire-lease.lua)
  ARGV      "<candidateId>|<token>" of the term, presence channel of its candidate
  Answers   1: it holds the lease, and is not missing; else 0, and acquire-lease.lua settles what that means: it
            also clears the finding of a holder that was missing and is back
]]
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] or redis.pcall('HGET', KEYS[2], 'missingSince') then
  return 0
end
-- pcall: an ACL or a proxy may forbid PUBSUB; then no holder is missed.
return redis.pcall('PUBSUB', 'NUMSUB', ARGV[2])[2] == 0 and 0 or 1
