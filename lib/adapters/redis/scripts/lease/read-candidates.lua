--[[ Reads a page of who competes, with which jobs. Forgets those not seen for ten minutes, and notes that cannot be
  read: their candidates write them anew.

  KEYS[1] candidates   (see candidate-notes.lua)
  ARGV[1] where to go on, '0': at the beginning   ARGV[2] about so many

  Answers { now, where to go on or '0', candidate id, note, candidate id, note… }   a candidate may come twice
]]
local scanned = redis.pcall('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
if scanned.err then
  -- Where an ACL forbids HSCAN, all are one page; where the key was tampered with, nobody is known.
  local all = redis.pcall('HGETALL', KEYS[1])
  scanned = { '0', all.err and {} or all }
end
local answers, noted = { '', scanned[1] }, scanned[2]
for at = 1, #noted, 2 do
  if string.sub(noted[at], 1, 1) ~= '#' then
    local seenAt = notedAt(noted[at + 1], now)
    if seenAt and seenAt >= now - 600000 then
      table.insert(answers, noted[at])
      table.insert(answers, noted[at + 1])
    else
      -- pcall: a user who may only read leaves them.
      local isGone = type(redis.pcall('HDEL', KEYS[1], noted[at])) == 'number'
      if not seenAt then
        invalid(KEYS[1], noted[at], noted[at + 1], isGone and 'repaired' or 'ignored')
      end
    end
  end
end
answers[1] = stamp()
return answers
