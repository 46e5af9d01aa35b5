--[[ Who competes, with which jobs. Forgets those not seen for ten minutes, and notes that cannot be read: their
  candidates write them anew.

  KEYS[1] candidates   (see candidate-notes.lua)

  Answers { now, candidate id, note, candidate id, note… }
]]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local answers = { string.format('%.0f', now) }
-- pcall: where the key was tampered with, nobody is known.
local noted = redis.pcall('HGETALL', KEYS[1])
for at = 1, #noted, 2 do
  if string.sub(noted[at], 1, 1) ~= '#' then
    local seenAt = string.match(noted[at + 1], '^(%d+)|%d+|[^|]*|%a*|%d+$')
    if seenAt and tonumber(seenAt) >= now - 600000 then
      table.insert(answers, noted[at])
      table.insert(answers, noted[at + 1])
    else
      redis.call('HDEL', KEYS[1], noted[at])
    end
  end
end
return answers
