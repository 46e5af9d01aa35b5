--[[ Who competes.

  KEYS[1] pods   (see pod-notes.lua)

  Answers { now, candidate id, note, candidate id, note... }
]]
local answers = redis.call('HGETALL', KEYS[1])
table.insert(answers, 1, text(now))
return answers
