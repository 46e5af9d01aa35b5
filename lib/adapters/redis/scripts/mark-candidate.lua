--[[ Notes what state a candidate is in.

  KEYS[1] candidates   (see candidate-notes.lua)
  ARGV[1] candidate id   ARGV[2] state

  Answers { now }
]]
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
markCandidate(KEYS[1], ARGV[1], ARGV[2], now)
return { now }
