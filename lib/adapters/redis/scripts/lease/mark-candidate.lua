--[[ Notes what state a candidate is in. One that shuts down is no prober any more.

  KEYS      candidates   (see candidate-notes.lua, and probers.lua)
  ARGV      candidate id, state
  Answers   { now }
]]
local keys, args = arguments({ keys = { 'candidates' }, args = { 'candidateId', 'state' } })
markCandidate(keys.candidates, args.candidateId, args.state)
if args.state == 'draining' then
  leavePosition(keys.candidates, args.candidateId)
end
return { stamp() }
