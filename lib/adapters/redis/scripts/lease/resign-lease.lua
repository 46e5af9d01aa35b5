--[[ Releases the lease of exactly this term and notifies the other candidates. Safe to repeat.

  KEYS      lease, term   (see acquire-lease.lua), candidates   (see candidate-notes.lua)
  ARGV      candidate id, token, channel of events, state of the candidate from now on,
            '1': it resigns for a larger job set, which is remembered
  Answers   { now, 'resigned' } or { now, 'lost' }
]]
local keys, args = arguments({
  keys = { 'lease', 'term', 'candidates' },
  args = { 'candidateId', 'token', 'channel', 'state', 'isHandOver' },
})
local lease = redis.pcall('GET', keys.lease)
if lease ~= args.candidateId .. '|' .. args.token then
  local term = fieldsOf(keys.term, 'token', 'resigned')
  return { stamp(), (term[1] == args.token and term[2] == '1') and 'resigned' or 'lost' }
end

local rememberHandOver = function()
  -- pcall: where the key has another type, nothing is remembered.
  local known = redis.pcall('HMGET', keys.candidates, '#handOvers')[1] or ''
  -- Cut before it is searched: a search from the end takes time in the square of the length.
  known = string.sub(known, -40)
  local lastTwo = string.match(known, '(%d+,%d+)$') or string.match(known, '(%d+)$')
  redis.pcall('HSET', keys.candidates, '#handOvers', lastTwo and lastTwo .. ',' .. nowText or nowText)
end

sizeOf('HLEN', keys.term, true)
redis.call('DEL', keys.lease)
redis.call('HSET', keys.term, 'resigned', '1')
markCandidate(keys.candidates, args.candidateId, args.state)
if args.isHandOver == '1' then
  rememberHandOver()
end
-- pcall: where an ACL forbids the channel, candidates find out by polling.
redis.pcall('PUBLISH', args.channel, 'resigned')
return { stamp(), 'resigned' }
