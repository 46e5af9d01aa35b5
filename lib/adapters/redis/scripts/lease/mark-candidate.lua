--[[ Notes what state a candidate is in.

  KEYS      candidates   (see candidate-notes.lua)
  ARGV      candidate id, state
  Answers   { now }
]]
local keys, args = arguments({ keys = { 'candidates' }, args = { 'candidateId', 'state' } })
markCandidate(keys.candidates, args.candidateId, args.state)
return { stamp() }
