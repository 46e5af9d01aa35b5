--[[ Reads a page of the candidates and their jobs. Removes those not seen for ten minutes, and notes that cannot be
  read: their candidates write them anew.

  KEYS      candidates   (see candidate-notes.lua)
  ARGV      where to go on ('0': at the beginning), entries of a page, about
  Answers   { now, where to go on or '0', candidate id, note, candidate id, note… }   a candidate may come twice
]]
local keys, args = arguments({ keys = { 'candidates' }, args = { 'cursor', 'size' } })
local scanned = redis.pcall('HSCAN', keys.candidates, args.cursor, 'COUNT', args.size)
if scanned.err then
  -- Where an ACL forbids HSCAN, all are one page; where the key has another type, no candidate is known.
  local all = redis.pcall('HGETALL', keys.candidates)
  scanned = { '0', all.err and {} or all }
end

local remove = function(id, note, seenAt)
  -- pcall: a user who may only read leaves them.
  local isRemoved = type(redis.pcall('HDEL', keys.candidates, id)) == 'number'
  if not seenAt then
    invalid(keys.candidates, id, note, isRemoved and 'repaired' or 'ignored')
  end
end

local answers, noted = { '', scanned[1] }, scanned[2]
for at = 1, #noted, 2 do
  local id, note = noted[at], noted[at + 1]
  if string.sub(id, 1, 1) ~= '#' then
    local seenAt = notedAt(note)
    if seenAt and seenAt >= now - 600000 then
      table.insert(answers, id)
      table.insert(answers, note)
    else
      remove(id, note, seenAt)
    end
  end
end
answers[1] = stamp()
return answers
