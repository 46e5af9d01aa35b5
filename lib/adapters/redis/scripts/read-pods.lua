--[[ Who competes.

  KEYS[1] pods   (see pod-notes.lua)

  Answers { now, candidate id, note, candidate id, note... }
]]
-- pcall: where the key was tampered with, nobody is known.
local noted = redis.pcall('HGETALL', KEYS[1])
local answers = noted.err and {} or noted
table.insert(answers, 1, text(now))
return answers
