--[[ Lists the runs that have not ended.

  KEYS[1] unfinished   (see run-records.lua)

  Answers { now, member, ms that it stays live... }   0: not live
]]
local answers = { text(now) }
local listed = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for at = 1, #listed, 2 do
  table.insert(answers, listed[at])
  table.insert(answers, text(math.max(0, tonumber(listed[at + 1]) - now)))
end
return answers
