--[[ Notes what state a candidate is in.

  KEYS[1] candidates   (see candidate-notes.lua)
  ARGV[1] candidate id   ARGV[2] state

  Answers { now }
]]
markCandidate(KEYS[1], ARGV[1], ARGV[2], text(now))
return { stamp() }
