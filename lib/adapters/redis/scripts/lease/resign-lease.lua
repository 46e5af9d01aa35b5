--[[ Gives up the lease of exactly this term and tells the other candidates. Safe to repeat.

  KEYS[1] lease   KEYS[2] term   (see acquire-lease.lua)   KEYS[3] candidates   (see candidate-notes.lua)
  ARGV[1] candidate id   ARGV[2] token   ARGV[3] channel of events
  ARGV[4] state of the candidate from now on   ARGV[5] '1': it resigns for a larger job set, which is remembered

  Answers { now, 'resigned' } or { now, 'lost' }
]]
local lease = redis.pcall('GET', KEYS[1])
if lease ~= ARGV[1] .. '|' .. ARGV[2] then
  local term = fieldsOf(KEYS[2], 'token', 'resigned')
  return { stamp(), (term[1] == ARGV[2] and term[2] == '1') and 'resigned' or 'lost' }
end
sizeOf('HLEN', KEYS[2], true)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'resigned', '1')
markCandidate(KEYS[3], ARGV[1], ARGV[4], text(now))
if ARGV[5] == '1' then
  -- pcall: where the key was tampered with, nothing is remembered.
  local known = redis.pcall('HMGET', KEYS[3], '#handOvers')[1] or ''
  -- Cut before it is searched: a search for an end takes as long as the square of what it looks through.
  known = string.sub(known, -40)
  local lastTwo = string.match(known, '(%d+,%d+)$') or string.match(known, '(%d+)$')
  redis.pcall('HSET', KEYS[3], '#handOvers', lastTwo and lastTwo .. ',' .. text(now) or text(now))
end
-- pcall: where an ACL forbids the channel, candidates find out by polling.
redis.pcall('PUBLISH', ARGV[3], 'resigned')
return { stamp(), 'resigned' }
